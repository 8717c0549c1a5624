import type { Container, ContainerStateTerminated, Pod } from '../../../schema/types.ts';
import { formatTime } from '../../meta/time.ts';
import { imageNames } from '../images/image-names.ts';
import type { Image } from '../images/image-service.ts';
import type { RunningContainer } from '../runtimes/runtime.ts';
import type { AgentContext } from './agent-context.ts';
import type { ContainerRecord } from './container-record.ts';
import { cgroupOf } from './container-cgroup.ts';
import { containerSpec, type Sandbox } from './container-spec.ts';

/** One attempt of a container that is to be started. */
export interface Attempt {
  pod: Pod;
  container: Container;
  image: Image;
  sandbox: Sandbox;
  /** 0 for the first */
  attempt: number;
  /** whose processes it sees */
  target?: RunningContainer | undefined;
  /** how the one before ended */
  previous: ContainerStateTerminated | undefined;
}

/**
 * The second step of a container's start: its process begins. @returns it, and what is to be remembered of it
 * @throws ConfigError, or what the runtime says
 */
export async function startContainer(
  { pod, container, image, sandbox, attempt, previous, target }: Attempt,
  context: AgentContext,
): Promise<{ running: RunningContainer; record: ContainerRecord }> {
  const { events, runtime, logs } = context;
  const { uid } = pod.metadata;
  const id = previous?.containerID?.split('://')[1];
  // what the attempt before left in its cgroup ends with it
  if (attempt > 0 && !runtime.update) await cgroupOf(uid, container.name, attempt - 1, id, context)?.remove();
  const spec = await containerSpec(pod, container, image, attempt, sandbox, context);
  await logs.dropOlderThan(spec.pod, container.name, attempt);
  const running = await runtime.start(target ? { ...spec, target } : spec);
  events.event(pod, 'Normal', 'Created', 'Container created');
  const record: ContainerRecord = {
    restartCount: attempt,
    containerID: `${runtime.scheme}://${running.id}`,
    ...imageNames(image, container.image ?? ''),
    user: {
      uid: spec.security.user,
      gid: spec.security.group,
      supplementalGroups: [...spec.security.supplementaryGroups],
    },
    state: { running: { startedAt: formatTime(running.startedAt) } },
    ...(previous && { lastState: { terminated: previous } }),
    started: !container.startupProbe,
  };
  return { running, record };
}
