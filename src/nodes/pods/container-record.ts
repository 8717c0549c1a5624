import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  Container,
  ContainerState,
  ContainerStateTerminated,
  LinuxContainerUser,
  Pod,
  ResourceRequirements,
} from '../../../schema/types.ts';
import { formatTime } from '../../meta/time.ts';
import { containerStatus } from '../../rules/containers.ts';
import { replaceFile } from '../replace-file.ts';

/** What must survive a restart of the agent, kept in `pods/UID/containers/NAME/state.json`. */
export interface ContainerRecord {
  /** of the last attempt that began */
  restartCount: number;
  containerID?: string;
  image: string;
  imageID: string;
  state: ContainerState;
  lastState?: ContainerState;
  /** that ends it by the word of its image */
  stopSignal?: string;
  /** cpu and memory as they were given to it last */
  resources?: ResourceRequirements;
  /** whom its first process ran as */
  user?: LinuxContainerUser;
  /** its startup probe succeeded, or it has none */
  started: boolean;
  /** its readiness probe succeeded last, or it has none and runs */
  ready: boolean;
  /** an attempt whose process is about to begin: an agent that ends before it has written down how that went looks for it */
  starting?: { attempt: number; image: string; imageID: string; stopSignal?: string; user?: LinuxContainerUser };
}

const path = (podsDir: string, uid: string, name: string): string =>
  join(podsDir, uid, 'containers', name, 'state.json');

/** Undefined when there is none, or nothing that can be understood: then the pod's status is what is known. */
export function readRecord(podsDir: string, uid: string, name: string): ContainerRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(path(podsDir, uid, name), 'utf8')) as Partial<ContainerRecord> | null;
    const { restartCount, state, image, imageID, started = false, ready = false } = record ?? {};
    if (typeof restartCount !== 'number' || typeof state !== 'object' || image === undefined || imageID === undefined)
      return undefined;
    return { ...record, restartCount, state, image, imageID, started, ready };
  } catch {
    return undefined;
  }
}

export function writeRecord(podsDir: string, uid: string, name: string, record: ContainerRecord): void {
  replaceFile(path(podsDir, uid, name), JSON.stringify(record));
}

/** What the pod's object says of a container of which the agent itself knows nothing. */
export function recordFromStatus(pod: Pod, container: Container, now: number): ContainerRecord {
  const known = containerStatus(pod, container.name);
  const { state = {}, lastState, containerID } = known ?? {};
  const waits = state.waiting?.reason === 'CrashLoopBackOff' && lastState?.terminated;
  return {
    restartCount: known?.restartCount ?? 0,
    ...(containerID !== undefined && { containerID }),
    image: known?.image ?? container.image ?? '',
    imageID: known?.imageID ?? '',
    // One that ran and that nobody finds has ended; it does not begin again as if it had never been.
    state: state.running ? { terminated: lost(state.running.startedAt, now) } : state.waiting && !waits ? {} : state,
    ...(lastState?.terminated && { lastState }),
    started: false,
    ready: false,
  };
}

/** As the kubelet says it of a container that its runtime does not know. */
const lost = (startedAt: string | undefined, now: number): ContainerStateTerminated => ({
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
  ...(startedAt !== undefined && { startedAt }),
  finishedAt: formatTime(now),
});
