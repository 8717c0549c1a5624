import type { Node } from '../../schema/types.ts';

/** Key of the taint by which an autoscaler says that it takes a node away: no pod may come. */
export const TO_BE_DELETED = 'ToBeDeletedByClusterAutoscaler';

/** Being deleted, or an autoscaler takes it away. */
export const isNodeLeaving = ({ spec, metadata }: Node): boolean =>
  !!metadata.deletionTimestamp || (spec?.taints ?? []).some(({ key }) => key === TO_BE_DELETED);

/** Its kubelet says so, or said so last. */
export const isNodeReady = ({ status }: Node): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
