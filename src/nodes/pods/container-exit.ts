import type { Container, ContainerStateTerminated, Pod } from '../../../schema/types.ts';
import { formatTime } from '../../meta/time.ts';
import type { ContainerExit } from '../runtimes/runtime.ts';
import type { AgentContext } from './agent-context.ts';
import type { ContainerRecord } from './container-record.ts';
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
  const message = exit.startError ?? terminationMessage(file, log, container.terminationMessagePolicy, exit.exitCode);
  return {
    exitCode: exit.exitCode,
    reason: exit.startError ? 'StartError' : exit.exitCode === 0 ? 'Completed' : 'Error',
    ...(message && { message }),
    startedAt: formatTime(startedAt),
    finishedAt: formatTime(exit.finishedAt),
    ...(containerID !== undefined && { containerID }),
  };
}
