import type { Pod } from '../../schema/types.ts';
import type { ObjectMeta } from '../meta/object.ts';
import { timeMs } from '../meta/time.ts';

type Status = Pick<Pod, 'metadata' | 'status'>;
/** What is asked of a pod here; one that has not been validated has it too. */
interface Conditioned<C> {
  metadata: ObjectMeta;
  status?: { phase?: string; conditions?: readonly C[] };
}
type Condition = { type?: string; status?: string };

export const podCondition = <C extends { type?: string }>(
  pod: Conditioned<C>,
  type: string | undefined,
): C | undefined => pod.status?.conditions?.find((condition) => condition.type === type);

/** Whether the condition is there and true. */
export const hasPodCondition = (pod: Conditioned<Condition>, type: string | undefined): boolean =>
  podCondition(pod, type)?.status === 'True';

/** Ready: containers and readiness gates alike, as the kubelet has summed them up (KEP-580). */
export const isPodReady = (pod: Conditioned<Condition>): boolean => hasPodCondition(pod, 'Ready');

/** The phases of a pod that will not run again. */
export const isTerminalPhase = (phase: string | undefined): boolean => phase === 'Succeeded' || phase === 'Failed';

/** Ended: it will not run again. */
export const isPodTerminal = ({ status }: Conditioned<unknown>): boolean => isTerminalPhase(status?.phase);

/** Counts for its controller: neither ended nor being deleted. */
export const isPodActive = (pod: Pod): boolean => !isPodTerminal(pod) && !pod.metadata.deletionTimestamp;

export const isPodTerminating = (pod: Pod): boolean =>
  !isPodTerminal(pod) && pod.metadata.deletionTimestamp !== undefined;

/** Ready for at least `minReadySeconds`. `now` in ms. Source: pkg/api/v1/pod IsPodAvailable. */
export function isPodAvailable(pod: Status, minReadySeconds: number, now: number): boolean {
  const ready = podCondition(pod, 'Ready');
  if (ready?.status !== 'True') return false;
  if (!minReadySeconds) return true;
  const since = timeMs(ready.lastTransitionTime);
  return !Number.isNaN(since) && since + minReadySeconds * 1000 <= now;
}
