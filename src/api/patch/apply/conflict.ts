import { StatusError } from '../../../meta/status.ts';
import type { Steps } from '../../../meta/steps.ts';
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

/** Conflicts between two pauses. */
const PAUSE = 5000;

/** 409 with one cause per field, of reason FieldManagerConflict. In steps, as there may be as many as an object has values. */
export function* applyConflict(conflicts: Conflicts): Steps<StatusError> {
  const byOwner = [];
  for (const [owner, set] of conflicts) {
    const paths: string[] = [];
    for (const path of members(sortedSet(set))) if (paths.push(showPath(path)) % PAUSE === 0) yield;
    byOwner.push({ id: identifier(owner), owner: showOwner(owner), paths });
  }
  byOwner.sort((a, b) => (a.id < b.id ? -1 : 1));
  const causes = [];
  let lines = '';
  for (const { owner, paths } of byOwner) {
    lines += `\nconflicts with ${owner}:`;
    for (const path of paths) {
      lines += `\n- ${path}`;
      causes.push({ reason: 'FieldManagerConflict', message: `conflict with ${owner}`, field: path });
      if (causes.length % PAUSE === 0) yield;
    }
  }
  const message =
    causes.length === 1
      ? `Apply failed with 1 conflict: ${causes[0]!.message}: ${causes[0]!.field}`
      : `Apply failed with ${causes.length} conflicts: ${lines.slice(1)}`;
  return new StatusError({ message, reason: 'Conflict', details: { causes }, code: 409 });
}
