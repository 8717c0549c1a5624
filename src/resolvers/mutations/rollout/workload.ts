import type { ControllerRevision, DaemonSet, Deployment, StatefulSet } from '../../../../schema/types.ts';
import type { Kind } from '../../../kinds/kind.ts';
import type { KubeObject, Unchecked } from '../../../meta/object.ts';
import { HASH_LABEL, parseRevision, REVISION } from '../../../rules/deployment-marks.ts';

/** What has rollouts. Read from the store, so it is valid; its defaults are filled in. */
export type Workload = KubeObject & Unchecked<Deployment & DaemonSet & StatefulSet>;
/** Of its pods, as far as anybody here looks at it. */
export interface Template {
  metadata?: {
    labels?: Readonly<Record<string, string>> | undefined;
    annotations?: Readonly<Record<string, string>> | undefined;
  };
  spec?: unknown;
}

const DEPLOYMENTS = 'deployments.apps';
const ROLLED: ReadonlySet<string> = new Set([DEPLOYMENTS, 'daemonsets.apps', 'statefulsets.apps']);

export const hasRollouts = ({ storage }: Kind): boolean => ROLLED.has(storage.key);
export const isDeployment = ({ storage }: Kind): boolean => storage.key === DEPLOYMENTS;
/** The resource that keeps a workload's revisions. */
export const revisionResource = (kind: Kind): string =>
  isDeployment(kind) ? 'replicasets.apps' : 'controllerrevisions.apps';

/** One revision of a workload, as `kubectl rollout history` has it. */
export interface Revision {
  /** an integer of 64 bits */
  revision: bigint;
  /** of the object that keeps it */
  name: string;
  changeCause: string | undefined;
  template: Template;
  annotations: Readonly<Record<string, string>>;
}

const CHANGE_CAUSE = 'kubernetes.io/change-cause';

/** The revisions that objects keep, the oldest first; objects without a number keep none. */
export function revisionsOf(kind: Kind, objects: readonly KubeObject[]): Revision[] {
  const revisions = objects.flatMap((object): Revision[] => {
    const annotations = object.metadata.annotations ?? {};
    const common = { name: object.metadata.name, changeCause: annotations[CHANGE_CAUSE], annotations };
    if (!isDeployment(kind)) {
      const { revision, data } = object as KubeObject & Unchecked<ControllerRevision>;
      const { $patch: _, ...template } =
        (data as { spec?: { template?: Template & { $patch?: string } } })?.spec?.template ?? {};
      return revision === undefined ? [] : [{ ...common, revision: BigInt(revision), template }];
    }
    const revision = parseRevision(annotations[REVISION]);
    if (revision === undefined) return [];
    const { template = {} } = (object['spec'] ?? {}) as { template?: Template };
    return [{ ...common, revision, template: withoutHash(template) }];
  });
  return revisions.sort((a, b) => (a.revision < b.revision ? -1 : a.revision > b.revision ? 1 : 0));
}

/** A template as its Deployment has it: the label that tells replica sets apart is not its own. */
export function withoutHash(template: Template): Template {
  const { [HASH_LABEL]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}
