import { StatusError } from '../../../meta/status.ts';
import { showPath } from './element.ts';
import { members, sortedSet, type FieldSet } from './fieldset.ts';
import type { Owner } from './managers.ts';

/** Fields that an apply would take from others. */
export type Conflicts = Map<Owner, FieldSet>;

/** `"x" with subresource "scale" using apps/v1`; appliers have no version. */
function showOwner(owner: Owner): string {
  const name =
    JSON.stringify(owner.manager) + (owner.subresource && ` with subresource ${JSON.stringify(owner.subresource)}`);
  return owner.operation === 'Update' ? `${name} using ${owner.apiVersion}` : name;
}

/** The entry without its fields and times as text, by which Kubernetes sorts owners. */
const identifier = ({ manager, operation, apiVersion, subresource }: Owner): string =>
  JSON.stringify({
    manager,
    operation,
    ...(operation === 'Update' && { apiVersion }),
    ...(subresource && { subresource }),
  });

/** 409 with one cause per field, of reason FieldManagerConflict. */
export function applyConflict(conflicts: Conflicts): StatusError {
  const byOwner = [...conflicts]
    .map(([owner, set]) => ({
      id: identifier(owner),
      owner: showOwner(owner),
      paths: members(sortedSet(set)).map(showPath),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const all = byOwner.flatMap(({ owner, paths }) => paths.map((path) => ({ owner, path })));
  const message =
    all.length === 1
      ? `Apply failed with 1 conflict: conflict with ${all[0]!.owner}: ${all[0]!.path}`
      : `Apply failed with ${all.length} conflicts: ${byOwner
          .map(({ owner, paths }) => [`conflicts with ${owner}:`, ...paths.map((path) => `- ${path}`)].join('\n'))
          .join('\n')}`;
  return new StatusError({
    message,
    reason: 'Conflict',
    details: {
      causes: all.map(({ owner, path }) => ({
        reason: 'FieldManagerConflict',
        message: `conflict with ${owner}`,
        field: path,
      })),
    },
    code: 409,
  });
}
