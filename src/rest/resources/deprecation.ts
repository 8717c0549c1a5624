import type { Kind } from '../../kinds/kind.ts';

/** Kinds of the core group that have been superseded, and what each use of them is answered with. */
const warnings: Readonly<Record<string, string>> = {
  endpoints: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  componentstatuses: 'v1 ComponentStatus is deprecated in v1.19+',
};

/** The warning that every request for this kind gets; undefined for most. */
export const deprecationOf = (kind: Kind): string | undefined =>
  kind.group === '' ? warnings[kind.resource] : undefined;
