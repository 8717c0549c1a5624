import type { Container, ContainerStateTerminated, Pod } from '../../../schema/types.ts';
import { formatTime } from '../../meta/time.ts';
import type { ContainerExit } from '../runtimes/runtime.ts';
import type { AgentContext } from './agent-context.ts';
import type { ContainerRecord } from './container-record.ts';
import { cgroupOf } from './container-cgroup.ts';
import { terminationFile } from './container-spec.ts';
import { terminationMessage } from './termination-message.ts';

/** What the status says of a container that has ended: how, when, and its last words. */
export function terminatedState(
  pod: Pod,
  container: Container,
  { restartCount, containerID }: ContainerRecord,
  exit: ContainerExit,
  startedAt: number,
  context: AgentContext,
): ContainerStateTerminated {
  const { namespace = '', name, uid } = pod.metadata;
  const log = context.logs.path({ namespace, name, uid }, container.name, restartCount);
  const file = terminationFile(context, pod, container.name, restartCount);
  const killed = exit.oomKilled ?? isOomKilled(uid, container.name, restartCount, containerID, context);
  const message = exit.startError ?? terminationMessage(file, log, container.terminationMessagePolicy, exit.exitCode);
  return {
    exitCode: exit.exitCode,
    reason: exit.startError ? 'StartError' : killed ? 'OOMKilled' : exit.exitCode === 0 ? 'Completed' : 'Error',
    ...(message && { message }),
    startedAt: formatTime(startedAt),
    finishedAt: formatTime(exit.finishedAt),
    ...(containerID !== undefined && { containerID }),
  };
}

/** As container runtimes have it: whichever of its processes the kernel killed, and however the container then ended. */
function isOomKilled(
  uid: string,
  name: string,
  attempt: number,
  containerID: string | undefined,
  context: AgentContext,
): boolean {
  const id = containerID?.split('://')[1];
  return (cgroupOf(uid, name, attempt, id, context)?.oomKills() ?? 0) > 0;
}
