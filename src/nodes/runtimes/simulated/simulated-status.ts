import { createHash } from 'node:crypto';
import type {
  Container,
  ContainerState,
  ContainerStatus,
  EphemeralContainer,
  Pod,
  PodStatus,
} from '../../../../schema/types.ts';
import { formatTime } from '../../../meta/time.ts';
import { containerStatus, isSidecar } from '../../../rules/containers.ts';
import { parseReference } from '../../images/image-reference.ts';
import type { ContainerRecord } from '../../pods/container-record.ts';
import { podStatus, type ContainerView, type Verdict } from '../../pods/pod-status.ts';
import { restarts } from '../../pods/restart-policy.ts';
import type { SimulatedFacts, StageName } from './stages.ts';
import { steeringOf, type Steering } from './steering.ts';

const EXPIRED: Verdict = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
};
const CRASHED = 'CrashLoopBackOff';

/** What decides about the next step. @param failureRate of pods that say none */
export function factsOf(pod: Pod, now: number, failureRate = 0): SimulatedFacts {
  const init = (pod.spec?.initContainers ?? []).filter((each) => !isSidecar(each));
  const done = pod.status?.initContainerStatuses?.filter((each) => each.state?.terminated?.exitCode === 0).length ?? 0;
  const main = pod.status?.containerStatuses ?? [];
  const steering = steeringOf(pod, failureRate);
  const seconds = pod.spec?.activeDeadlineSeconds;
  const since = pod.status?.startTime;
  return {
    phase: pod.status?.phase ?? 'Pending',
    deleting: pod.metadata.deletionTimestamp !== undefined,
    released: pod.metadata.deletionGracePeriodSeconds === 0,
    awaited: (pod.metadata.finalizers?.length ?? 0) > 0,
    ends: (pod.spec?.restartPolicy ?? 'Always') !== 'Always' || steering.runMs !== undefined,
    initDone: done >= init.length,
    crashed: main.some(({ state }) => state?.terminated ?? state?.waiting?.reason === CRASHED),
    restarts: main[0]?.restartCount ?? 0,
    joined: (pod.spec?.ephemeralContainers ?? []).some(({ name }) => !containerStatus(pod, name)),
    held: main.some(({ state }) => state?.waiting !== undefined && state.waiting.reason === steering.stuck),
    ...(seconds !== undefined && since && { deadlineMs: Date.parse(since) + seconds * 1000 - now }),
    steering,
  };
}

/** What a stage finds. */
export interface Moment {
  /** of the pod, once it has one */
  ip: string;
  hostIP: string;
  now: number;
  /** of containers that end now */
  exitCode?: number;
  /** why the pod is ended, where it is not its deadline */
  verdict?: Verdict;
}

/** The exit code of a run, by lot where some fail. @param random 0 ≤ n < 1 */
export const exitCodeOf = ({ exitCode, failureRate }: Steering, random: number): number =>
  random < failureRate ? exitCode || 1 : exitCode;

/** The status of a pod after a stage. Pure. */
export function statusAfter(pod: Pod, stage: StageName, moment: Moment): PodStatus {
  const { ip, hostIP, now } = moment;
  const simulated = new SimulatedContainers(pod, moment);
  const main = (pod.spec?.containers ?? []).map((each) => simulated.main(each, stage));
  return podStatus(pod, {
    init: (pod.spec?.initContainers ?? []).map((each) => simulated.init(each, stage, main)),
    main,
    ephemeral: (pod.spec?.ephemeralContainers ?? []).flatMap((each) => simulated.ephemeral(each, stage) ?? []),
    hostIP,
    podIP: pod.spec?.hostNetwork ? hostIP : ip,
    startTime: pod.status?.startTime ?? formatTime(now),
    ...(stage === 'expire' && { verdict: moment.verdict ?? EXPIRED }),
    over: stage === 'delete',
    now,
  });
}

/** All its containers end at once, whatever they do. */
const isEnd = (stage: StageName): boolean => stage === 'expire' || stage === 'delete';

/** What the containers of one pod do at one moment. */
class SimulatedContainers {
  private readonly time: string;
  private readonly steering: Steering;

  constructor(
    private readonly pod: Pod,
    private readonly moment: Moment,
  ) {
    this.time = formatTime(moment.now);
    this.steering = steeringOf(pod);
  }

  main(container: Container, stage: StageName): ContainerView {
    const known = this.known(container);
    const count = known?.restartCount ?? 0;
    if (stage === 'run') return this.view(container, { state: this.running(known) });
    if (stage === 'restart') return this.again(container, known, count);
    if (stage === 'end') return this.end(container, known, count);
    if (stage === 'join') return this.view(container, { state: known?.state ?? {} });
    if (isEnd(stage)) return this.view(container, { state: known ? this.ended(known, 137) : {} });
    const { stuck } = this.steering;
    const waiting = { reason: stuck ?? '', message: `the pod's annotations hold container ${container.name} up` };
    return this.view(container, { state: stage === 'hold' ? { waiting } : {} });
  }

  /** Init containers have succeeded when the others begin; sidecars end after them. */
  init(container: Container, stage: StageName, main: readonly ContainerView[]): ContainerView {
    const known = this.known(container);
    const over = isEnd(stage) || main.every(({ container: each, record }) => this.isOver(each, record.state));
    if (!isSidecar(container)) return this.view(container, { state: this.ended(known, 0) });
    return this.view(container, { state: over ? this.ended(known, 0) : this.running(known) });
  }

  /** It goes on until its pod ends; undefined before it has begun. */
  ephemeral(container: EphemeralContainer, stage: StageName): ContainerView | undefined {
    const known = this.known(container);
    if (known && isEnd(stage)) return this.view(container, { state: this.ended(known, 137) });
    return known || stage === 'join' ? this.view(container, { state: this.running(known) }) : undefined;
  }

  private isOver(container: Container, { terminated }: ContainerState): boolean {
    return terminated !== undefined && !restarts(this.pod, container, terminated.exitCode);
  }

  private again(container: Container, known: ContainerStatus | undefined, count: number): ContainerView {
    const { running, terminated } = known?.state ?? {};
    if (running) return this.view(container, { state: { running } });
    if (terminated && this.isOver(container, { terminated })) return this.view(container, { state: { terminated } });
    const last = terminated ?? known?.lastState?.terminated;
    return this.view(container, {
      state: { running: { startedAt: this.time } },
      restartCount: count + 1,
      ...(last && { lastState: { terminated: last } }),
    });
  }

  /** The first time it is started again at once; after that it waits, and says so. */
  private end(container: Container, known: ContainerStatus | undefined, count: number): ContainerView {
    const state = this.ended(known, this.moment.exitCode ?? 0);
    if (this.isOver(container, state) || count === 0) return this.view(container, { state });
    const seconds = Math.min(300, 10 * 2 ** (count - 1));
    const { name, namespace, uid } = this.pod.metadata;
    const message = `back-off ${seconds}s restarting failed container=${container.name} pod=${name}_${namespace}(${uid})`;
    return this.view(container, { state: { waiting: { reason: CRASHED, message } }, lastState: state });
  }

  private running(known: ContainerStatus | undefined): ContainerState {
    return known?.state?.running ? { running: known.state.running } : { running: { startedAt: this.time } };
  }

  /** One that has ended keeps its end. */
  private ended(known: ContainerStatus | undefined, exitCode: number): ContainerState {
    if (known?.state?.terminated) return { terminated: known.state.terminated };
    const startedAt = known?.state?.running?.startedAt ?? this.time;
    const reason = exitCode === 0 ? 'Completed' : 'Error';
    return { terminated: { exitCode, reason, startedAt, finishedAt: this.time } };
  }

  private known({ name }: Container): ContainerStatus | undefined {
    return containerStatus(this.pod, name);
  }

  private view(container: Container, change: Partial<ContainerRecord> & { state: ContainerState }): ContainerView {
    const reference = parseReference(container.image ?? '');
    const name = typeof reference === 'string' ? undefined : reference.name;
    const id = createHash('sha256').update(`${this.pod.metadata.uid}/${container.name}`).digest('hex');
    const known = this.known(container);
    const containerID = `simulated://${id}`;
    const { running, terminated } = change.state;
    const begun = Boolean(running ?? terminated ?? known?.containerID);
    const record: ContainerRecord = {
      restartCount: known?.restartCount ?? 0,
      ...(begun && { containerID }),
      image: name ?? container.image ?? '',
      imageID: begun ? `simulated:${name ?? container.image ?? ''}` : '',
      ...(known?.lastState?.terminated && { lastState: { terminated: known.lastState.terminated } }),
      started: Boolean(running),
      ready: Boolean(running) && this.steering.ready,
      ...change,
      state: terminated ? { terminated: { ...terminated, containerID } } : change.state,
    };
    return { container, record };
  }
}
