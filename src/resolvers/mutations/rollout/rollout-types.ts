import type { Builder } from '../../builder.ts';
import type { Revision } from './workload.ts';
import type { RolloutStatus } from './status.ts';

/** A revision, and whether the workload has its template now. */
export type ShownRevision = Revision & { current: boolean };

/** `RolloutRevision` and `RolloutStatus`: what workloads say of their rollouts. */
export function addRolloutTypes(builder: Builder): void {
  builder.objectRef<ShownRevision>('RolloutRevision').implement({
    description: 'One revision of a workload, as `kubectl rollout history` shows it.',
    fields: (t) => ({
      revision: t.expose('revision', { type: 'Int64', description: 'its number, which only grows' }),
      name: t.exposeString('name', { description: 'of the ReplicaSet or ControllerRevision that keeps it' }),
      changeCause: t.exposeString('changeCause', {
        nullable: true,
        description: 'the annotation kubernetes.io/change-cause',
      }),
      current: t.exposeBoolean('current', { description: 'it is what the workload is' }),
      template: t.field({
        type: 'JSON',
        description: 'the pod template of the revision',
        resolve: ({ template }) => template,
      }),
    }),
  });
  builder.objectRef<RolloutStatus>('RolloutStatus').implement({
    description: 'How far a rollout is, in the words of `kubectl rollout status`.',
    fields: (t) => ({
      done: t.exposeBoolean('done', { description: 'the rollout is over, and has succeeded' }),
      failed: t.exposeBoolean('failed', { description: 'it will not come to its end by itself' }),
      message: t.exposeString('message', { description: 'the line that kubectl prints' }),
    }),
  });
}
