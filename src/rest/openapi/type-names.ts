import { typeFacts } from '../../kinds/facts.ts';
import type { GroupVersionKind } from '../../meta/gvk.ts';

const byKind = new Map<string, string>();
for (const [name, { gvk = [] }] of Object.entries(typeFacts)) {
  if (gvk.length !== 1) continue;
  const [group, version, kind] = gvk[0];
  byKind.set(`${group}/${version}/${kind}`, name);
}

/** `com.example.stable.v1.CronTab`: the group's labels in reverse, then version and kind. */
const customName = ({ group, version, kind }: GroupVersionKind): string =>
  [...group.split('.').reverse(), version, kind].join('.');

/** The name of a kind's type among the definitions; undefined for one that has no type of its own. */
export const typeNameOf = (kind: GroupVersionKind & { custom: boolean }): string | undefined =>
  kind.custom ? customName(kind) : byKind.get(`${kind.group}/${kind.version}/${kind.kind}`);
