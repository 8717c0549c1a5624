import type { ContainerStatus, Pod, PodCondition } from '../../../schema/types.ts';
import { isSidecar } from '../../rules/containers.ts';
import { initDone } from './pod-phase.ts';

interface Facts {
  phase: string;
  init: readonly ContainerStatus[];
  main: readonly ContainerStatus[];
  sandboxReady: boolean;
}

/** The conditions that the kubelet owns, without transition times. */
export function podConditions(pod: Pod, facts: Facts): PodCondition[] {
  const containersReady = readiness(pod, facts);
  return [
    { type: 'PodReadyToStartContainers', status: facts.sandboxReady ? 'True' : 'False' },
    initialized(pod, facts),
    withGates(pod, containersReady),
    containersReady,
    // True of any pod that a node has, also of one whose author named the node and no scheduler saw.
    { type: 'PodScheduled', status: 'True' },
  ];
}

const names = (list: readonly string[]): string => `[${list.join(' ')}]`;

function initialized(pod: Pod, { phase, init, main }: Facts): PodCondition {
  const waiting = (pod.spec?.initContainers ?? [])
    .filter((each, index) => !initDone(pod, each, init[index]))
    .map((each) => each.name);
  const began = main.some(
    (status) => status.state?.running || status.state?.terminated || status.lastState?.terminated,
  );
  if (!waiting.length || began) {
    return { type: 'Initialized', status: 'True', ...(phase === 'Succeeded' && { reason: 'PodCompleted' }) };
  }
  return {
    type: 'Initialized',
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: ${names(waiting)}`,
  };
}

function readiness(pod: Pod, { phase, init, main }: Facts): PodCondition {
  const type = 'ContainersReady';
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  const specs = pod.spec?.initContainers ?? [];
  const sidecars = init.filter((_, index) => specs[index] && isSidecar(specs[index]));
  const unready = [...sidecars, ...main].filter((status) => !status.ready).map((status) => status.name);
  if (!unready.length) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: ${names(unready)}`,
  };
}

/** Ready is ContainersReady and every readiness gate (KEP-580). */
function withGates(pod: Pod, containers: PodCondition): PodCondition {
  if (containers.status !== 'True') return { ...containers, type: 'Ready' };
  const messages: string[] = [];
  for (const { conditionType } of pod.spec?.readinessGates ?? []) {
    const condition = pod.status?.conditions?.find((each) => each.type === conditionType);
    if (!condition)
      messages.push(`corresponding condition of pod readiness gate ${JSON.stringify(conditionType)} does not exist.`);
    else if (condition.status !== 'True') {
      messages.push(
        `the status of pod readiness gate ${JSON.stringify(conditionType)} is not "True", but ${condition.status}`,
      );
    }
  }
  if (!messages.length) return { type: 'Ready', status: 'True' };
  return { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}
