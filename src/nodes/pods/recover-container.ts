import type { Container, Pod } from '../../../schema/types.ts';
import { formatTime } from '../../meta/time.ts';
import type { RunningContainer } from '../runtimes/runtime.ts';
import type { AgentContext } from './agent-context.ts';
import { terminatedState } from './container-exit.ts';
import type { ContainerRecord } from './container-record.ts';

/**
 * What an earlier run of the agent left of a container: the attempt that ran, or was about to, is taken over, or found to
 * have ended, or never to have begun. @returns what is now to be remembered
 */
export async function recoverContainer(
  pod: Pod,
  container: Container,
  record: ContainerRecord,
  context: AgentContext,
): Promise<{ record: ContainerRecord; running?: RunningContainer }> {
  const { starting, ...known } = record;
  const startedAt = known.state.running?.startedAt;
  if (!starting && !startedAt) return { record };
  const { runtime, clock } = context;
  const { namespace = '', name, uid } = pod.metadata;
  const attempt = starting?.attempt ?? known.restartCount;
  const place = { pod: { namespace, name, uid }, name: container.name, attempt };
  const running = await runtime.adopt(place);
  const begun: ContainerRecord = starting ? begin(known, starting, container) : known;
  if (running) {
    begun.containerID = `${runtime.scheme}://${running.id}`;
    begun.state = { running: { startedAt: formatTime(running.startedAt) } };
    return { record: begun, running };
  }
  const exit = await runtime.exitOf(place);
  if (!exit && starting) return { record: known };
  const end = exit ?? { exitCode: 137, finishedAt: clock.now() };
  const since = starting ? end.finishedAt : Date.parse(startedAt ?? '');
  begun.state = { terminated: terminatedState(pod, container, begun, end, since, context) };
  return { record: { ...begun, started: false, ready: false } };
}

/** How the attempt before ended, of a container that does not run. */
export const endOf = ({ state, lastState }: Pick<ContainerRecord, 'state' | 'lastState'>) =>
  state.terminated ?? lastState?.terminated;

/** The record of an attempt that has begun after the one that `record` tells of. */
export function begin(
  record: Omit<ContainerRecord, 'starting'>,
  { attempt, ...facts }: NonNullable<ContainerRecord['starting']>,
  container: Container,
): ContainerRecord {
  const previous = endOf(record);
  return {
    restartCount: attempt,
    ...facts,
    state: {},
    ...(previous && { lastState: { terminated: previous } }),
    started: !container.startupProbe,
    ready: false,
  };
}
