/** What is read of a CustomResourceDefinition, which may not have been validated. */
interface Conditioned {
  status?: { conditions?: readonly { type?: string; status?: string }[] | null } | null;
}

/** Whether the objects of a definition are served. Of two conditions of a type the first counts: apiextensions' IsCRDConditionTrue. */
export const isEstablished = ({ status }: Conditioned): boolean =>
  status?.conditions?.find(({ type }) => type === 'Established')?.status === 'True';
