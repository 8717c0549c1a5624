import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, ContainerState, LinuxContainerUser, Pod } from '../../../schema/types.ts';

/** What must survive a restart of the agent, kept in `pods/UID/containers/NAME/state.json`. */
export interface ContainerRecord {
  restartCount: number;
  containerID?: string;
  image: string;
  imageID: string;
  state: ContainerState;
  lastState?: ContainerState;
  /** whom its first process ran as */
  user?: LinuxContainerUser;
  /** its startup probe succeeded, or it has none */
  started: boolean;
}

const path = (podsDir: string, uid: string, name: string): string => join(podsDir, uid, 'containers', name);

export function readRecord(podsDir: string, uid: string, name: string): ContainerRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(path(podsDir, uid, name), 'state.json'), 'utf8')) as ContainerRecord;
  } catch {
    return undefined;
  }
}

/** Written beside and moved, so that a crash leaves the old record or the new. */
export function writeRecord(podsDir: string, uid: string, name: string, record: ContainerRecord): void {
  const directory = path(podsDir, uid, name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'state.json.tmp'), JSON.stringify(record));
  renameSync(join(directory, 'state.json.tmp'), join(directory, 'state.json'));
}

/** What the pod's object says of a container of which the agent itself knows nothing. */
export function recordFromStatus(pod: Pod, container: Container): ContainerRecord {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  const all = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
  const known = all.find((each) => each.name === container.name);
  const base = {
    restartCount: known?.restartCount ?? 0,
    image: known?.image ?? container.image ?? '',
    imageID: known?.imageID ?? '',
  };
  const ended = known?.state?.terminated ?? known?.lastState?.terminated;
  const state = known?.state?.terminated ? { terminated: known.state.terminated } : {};
  return {
    ...base,
    ...(known?.containerID !== undefined && { containerID: known.containerID }),
    state,
    ...(ended && { lastState: { terminated: ended } }),
    started: false,
  };
}
