import type { GroupVersionKind } from '../meta/gvk.ts';
import { typeFacts } from './facts.ts';

const idOf = ({ group, version, kind }: GroupVersionKind): string => `${group}/${version}/${kind}`;

const names = new Map<string, string>();
for (const [name, { gvk = [] }] of Object.entries(typeFacts)) {
  const [only, other] = gvk;
  if (!only || other) continue;
  const [group, version, kind] = only;
  names.set(idOf({ group, version, kind }), name);
}

/** The OpenAPI definition of a built-in kind; undefined for one that has no type of its own (PodExecOptions). */
export const builtinTypeName = (gvk: GroupVersionKind): string | undefined => names.get(idOf(gvk));
