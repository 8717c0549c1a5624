import type { Container, Pod } from '../../../schema/types.ts';
import { formatTime } from '../../meta/time.ts';
import { imageNames } from '../images/image-names.ts';
import type { Image } from '../images/image-service.ts';
import type { RunningContainer } from '../runtimes/runtime.ts';
import type { AgentContext } from './agent-context.ts';
import type { ContainerRecord } from './container-record.ts';
import { cgroupOf } from './container-cgroup.ts';
import { containerSpec, type Sandbox } from './container-spec.ts';
import { begin } from './recover-container.ts';

/** A container of which one more attempt is to begin. */
export interface Start {
  pod: Pod;
  container: Container;
  image: Image;
  sandbox: Sandbox;
  /** whose processes it sees */
  target?: RunningContainer | undefined;
  /** of the attempts before */
  record: ContainerRecord;
  /** aborted: nothing begins any more */
  signal: AbortSignal;
  /** keeps a record for the next run of the agent; called before the process begins, and when it is known how that went */
  remember(record: ContainerRecord): void;
}

/**
 * The second step of a container's start: its process begins. The number of an attempt is used by no other one.
 * @returns undefined when it was aborted before. @throws ConfigError, or what the runtime says; then nothing runs
 */
export async function startContainer(start: Start, context: AgentContext): Promise<RunningContainer | undefined> {
  const { pod, container, image, sandbox, record, signal, remember, target } = start;
  const { events, runtime, logs } = context;
  const attempt = record.containerID === undefined ? record.restartCount : record.restartCount + 1;
  const id = record.containerID?.split('://')[1];
  // what the attempt before left in its cgroup ends with it
  if (attempt > 0 && !runtime.update)
    await cgroupOf(pod.metadata.uid, container.name, attempt - 1, id, context)?.remove();
  const spec = await containerSpec(pod, container, image, attempt, sandbox, context);
  await logs.dropOlderThan(spec.pod, container.name, attempt);
  if (signal.aborted) return undefined;
  const { user: uid, group: gid, supplementaryGroups } = spec.security;
  const user = { uid, gid, supplementalGroups: [...supplementaryGroups] };
  const { stopSignal } = image.config;
  const names = imageNames(image, container.image ?? '');
  const starting = { attempt, user, ...names, ...(stopSignal && { stopSignal }) };
  remember({ ...record, starting });
  let running: RunningContainer;
  try {
    running = await runtime.start(target ? { ...spec, target } : spec);
  } catch (error) {
    remember(record);
    throw error;
  }
  events.event(pod, 'Normal', 'Created', 'Container created');
  remember({
    ...begin(record, starting, container),
    containerID: `${runtime.scheme}://${running.id}`,
    resources: container.resources ?? {},
    state: { running: { startedAt: formatTime(running.startedAt) } },
  });
  return running;
}
