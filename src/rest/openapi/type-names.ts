import { builtinTypeName } from '../../kinds/type-names.ts';
import type { GroupVersionKind } from '../../meta/gvk.ts';

/** `com.example.stable.v1.CronTab`: the group's labels in reverse, then version and kind. */
const customName = ({ group, version, kind }: GroupVersionKind): string =>
  [...group.split('.').reverse(), version, kind].join('.');

/** The name of a kind's type among the definitions; undefined for one that has no type of its own. */
export const typeNameOf = (kind: GroupVersionKind & { custom: boolean }): string | undefined =>
  kind.custom ? customName(kind) : builtinTypeName(kind);
