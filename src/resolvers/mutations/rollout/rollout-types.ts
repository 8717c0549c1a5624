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
      revision: t.exposeInt('revision'),
      name: t.exposeString('name', { description: 'of the ReplicaSet or ControllerRevision that keeps it' }),
      changeCause: t.exposeString('changeCause', { nullable: true }),
      current: t.exposeBoolean('current', { description: 'it is what the workload is' }),
      template: t.field({ type: 'JSON', resolve: ({ template }) => template }),
    }),
  });
  builder.objectRef<RolloutStatus>('RolloutStatus').implement({
    description: 'How far a rollout is, in the words of `kubectl rollout status`.',
    fields: (t) => ({
      done: t.exposeBoolean('done'),
      failed: t.exposeBoolean('failed', { description: 'it will not come to its end by itself' }),
      message: t.exposeString('message'),
    }),
  });
}
