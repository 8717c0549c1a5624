import type { Pod } from '../../../schema/types.ts';
import { unlessChanged } from '../../control/conflict.ts';
import type { AgentContext } from './agent-context.ts';

/**
 * The last steps of a pod whose containers have ended: its network is given back, its object deleted, and what it had on
 * this node removed. Each step may be taken again.
 * @param gone the object is gone already
 */
export async function terminatePod(pod: Pod, gone: boolean, context: AgentContext): Promise<void> {
  const { network, client, runtime, volumes, devices, logs, cgroups } = context;
  const { namespace = '', name, uid } = pod.metadata;
  await network.detach(uid);
  // who waits for the pod to go may count on its volumes being free
  await volumes.unmount(uid);
  await devices.unprepare(uid);
  if (!gone) {
    await unlessChanged(client.delete('pods', namespace, name, { gracePeriodSeconds: 0, uid }));
  }
  // A finalizer may keep the object; what the pod had on this node is gone all the same.
  const identity = { namespace, name, uid };
  await runtime.removePod(identity);
  await cgroups?.find(uid)?.remove();
  await volumes.remove(uid);
  await logs.remove(identity);
}
