import { GROUP, type Reference, type ReferenceGrant } from './types.ts';

/** Who refers. */
export interface Referrer {
  kind: string;
  namespace: string;
}

/** Whether a reference stays in its namespace, or the other one has a ReferenceGrant for it. */
export function isGranted(grants: readonly ReferenceGrant[], from: Referrer, to: Reference, kind: string): boolean {
  const { namespace = from.namespace, group = '', name } = to;
  if (namespace === from.namespace) return true;
  return grants.some(
    ({ metadata, spec }) =>
      metadata.namespace === namespace &&
      spec.from.some((one) => one.group === GROUP && one.kind === from.kind && one.namespace === from.namespace) &&
      spec.to.some((one) => one.group === group && one.kind === kind && (!one.name || one.name === name)),
  );
}
