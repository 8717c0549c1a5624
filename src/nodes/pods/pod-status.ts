import type { Container, ContainerStatus, Pod, PodCondition, PodStatus } from '../../../schema/types.ts';
import { formatTime } from '../../meta/time.ts';
import type { ContainerRecord } from './container-record.ts';
import { podConditions } from './pod-conditions.ts';
import { podPhase } from './pod-phase.ts';
import { isPodTerminal, isTerminalPhase } from '../../rules/pods.ts';
import { asAllocated } from '../resize/allocation.ts';
import { qosClass } from '../../rules/qos-class.ts';

/** What the worker knows of one container. */
export interface ContainerView {
  container: Container;
  record: ContainerRecord;
}

/** Why the node ended the pod: its deadline, eviction, others that it had to give way to. */
export interface Verdict {
  reason: string;
  message: string;
  /** what the condition DisruptionTarget says: the pod was ended for the node's sake (KEP-3329) */
  disruption?: string;
}

export interface StatusInput {
  init: readonly ContainerView[];
  main: readonly ContainerView[];
  ephemeral?: readonly ContainerView[];
  hostIP: string;
  /** undefined before the pod has a network, and after it lost it */
  podIP?: string | undefined;
  startTime: string;
  verdict?: Verdict | undefined;
  /** conditions of a resize, with their times */
  resize?: readonly PodCondition[];
  /** the pod is being deleted and all its containers have ended */
  over?: boolean;
  now: number;
}

/** The status of a pod as the kubelet reports it. Pure: from the pod's last known object and what its containers do. */
export function podStatus(pod: Pod, input: StatusInput): PodStatus {
  const init = input.init.map((view) => containerStatus(view, 'PodInitializing', pod));
  const started = init.length === 0 || input.main.some(({ record }) => record.state.running || record.state.terminated);
  const main = input.main.map((view) =>
    containerStatus(view, init.length && !started ? 'PodInitializing' : 'ContainerCreating', pod),
  );
  // What has ended stays so, whoever said it.
  const ended = isPodTerminal(pod) ? pod.status : undefined;
  const phase = ended?.phase ?? (input.verdict ? 'Failed' : podPhase(pod, init, main, input.over));
  const { reason, message } = ended?.reason === undefined ? (input.verdict ?? {}) : ended;
  const facts = {
    phase,
    init,
    main,
    sandboxReady: input.podIP !== undefined && !isTerminalPhase(phase),
  };
  const { generation } = pod.metadata;
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    phase,
    conditions: [
      ...(input.resize ?? []),
      ...[...disruption(input.verdict), ...podConditions(pod, facts)].map((each) => dated(each, pod, input.now)),
    ],
    hostIP: input.hostIP,
    hostIPs: [{ ip: input.hostIP }],
    ...(input.podIP && { podIP: input.podIP, podIPs: [{ ip: input.podIP }] }),
    startTime: input.startTime,
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
    ...(init.length && { initContainerStatuses: init }),
    containerStatuses: main,
    ...(input.ephemeral?.length && {
      ephemeralContainerStatuses: input.ephemeral.map((view) => ephemeralStatus(view, pod)),
    }),
    qosClass: pod.status?.qosClass ?? qosClass(pod.spec),
  };
}

const disruption = (verdict: Verdict | undefined): PodCondition[] =>
  verdict?.disruption === undefined
    ? []
    : [
        {
          type: 'DisruptionTarget',
          status: 'True',
          reason: 'TerminationByKubelet',
          message: verdict.disruption,
        },
      ];

/** A condition keeps its transition time as long as its status stays. */
function dated(condition: PodCondition, pod: Pod, now: number): PodCondition {
  const known = pod.status?.conditions?.find((each) => each.type === condition.type);
  const since = known?.status === condition.status ? known.lastTransitionTime : undefined;
  const { generation } = pod.metadata;
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    ...condition,
    lastProbeTime: null,
    lastTransitionTime: since ?? formatTime(now),
  };
}

/** What a container runs with, and what its pod has for it: these differ while a resize is under way. */
function resourcesOf(container: Container, { state, resources }: ContainerRecord, pod: Pod) {
  const allocated = asAllocated(container, pod).resources;
  if (!allocated || !Object.keys(allocated).length) return {};
  return {
    resources: state.running ? (resources ?? allocated) : allocated,
    ...(allocated.requests && { allocatedResources: allocated.requests }),
  };
}

/** Nothing waits for an ephemeral container: it is never ready, and has no probe that says that it started. */
function ephemeralStatus(view: ContainerView, pod: Pod): ContainerStatus {
  const { started: _, ...status } = containerStatus(view, 'ContainerCreating', pod);
  return { ...status, ready: false };
}

function containerStatus({ container, record }: ContainerView, waiting: string, pod: Pod): ContainerStatus {
  const { state } = record;
  const isInit =
    pod.spec?.initContainers?.some((each) => each.name === container.name) && container.restartPolicy !== 'Always';
  const settled = Object.keys(state).length > 0;
  return {
    name: container.name,
    state: settled ? state : { waiting: { reason: waiting } },
    lastState: record.lastState ?? {},
    ready: isInit ? state.terminated?.exitCode === 0 : Boolean(state.running) && record.ready,
    restartCount: record.restartCount,
    image: record.image || (container.image ?? ''),
    imageID: record.imageID,
    ...(record.containerID && { containerID: record.containerID }),
    started: Boolean(state.running) && record.started,
    ...resourcesOf(container, record, pod),
    ...(record.user && { user: { linux: record.user } }),
    ...(container.volumeMounts?.length && {
      volumeMounts: container.volumeMounts.map(({ name, mountPath, readOnly }) => ({
        name,
        mountPath,
        ...(readOnly && { readOnly, recursiveReadOnly: 'Disabled' }),
      })),
    }),
  };
}
