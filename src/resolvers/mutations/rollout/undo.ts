import { badRequest } from '../../../meta/status.ts';
import type { Kind } from '../../../kinds/kind.ts';
import type { Json } from '../../../meta/object.ts';
import { same } from '../../../meta/diff.ts';
import { OWN_ANNOTATIONS } from '../../../rules/deployment-marks.ts';
import { isDeployment, withoutHash, type Revision, type Workload } from './workload.ts';

/** The patch that takes a workload back, and its media type. */
export interface UndoPatch {
  type: string;
  value: Json;
}

/**
 * What `kubectl rollout undo` sends: the template of the revision, and a Deployment's annotations of that time.
 * Undefined where the template is that already. Throws 400 where there is no such revision.
 * @param toRevision 0n: the one before the newest
 */
export function undoPatch(
  kind: Kind,
  workload: Workload,
  revisions: readonly Revision[],
  toRevision: bigint,
): UndoPatch | undefined {
  const to = findRevision(kind, workload, revisions, toRevision);
  if (isDeployment(kind) && workload.spec?.paused)
    throw badRequest(
      "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
    );
  const template = withoutHash(workload.spec?.template ?? {});
  if (same(template, withoutHash(to.template))) return undefined;
  if (!isDeployment(kind)) {
    const spec = { template: { ...to.template, $patch: 'replace' } };
    return { type: 'application/strategic-merge-patch+json', value: { spec } as Json };
  }
  const pick = (from: Readonly<Record<string, string>>, kept: boolean) =>
    Object.entries(from).filter(([key]) => OWN_ANNOTATIONS.has(key) === kept);
  const annotations = Object.fromEntries([
    ...pick(workload.metadata.annotations ?? {}, true),
    ...pick(to.annotations, false),
  ]);
  return {
    type: 'application/json-patch+json',
    value: [
      { op: 'replace', path: '/spec/template', value: to.template },
      // a Deployment that has been rolled out has its number among them
      { op: workload.metadata.annotations ? 'replace' : 'add', path: '/metadata/annotations', value: annotations },
    ] as Json,
  };
}

function findRevision(
  kind: Kind,
  { metadata }: Workload,
  revisions: readonly Revision[],
  toRevision: bigint,
): Revision {
  if (toRevision !== 0n) {
    const found = revisions.find(({ revision }) => revision === toRevision);
    if (!found || toRevision < 0n) throw badRequest(`unable to find specified revision ${toRevision} in history`);
    return found;
  }
  const previous = revisions.at(-2);
  if (previous) return previous;
  throw badRequest(
    isDeployment(kind)
      ? `no rollout history found for deployment ${JSON.stringify(metadata.name)}`
      : 'no last revision to roll back to',
  );
}
