import { createHash } from 'node:crypto';
import type { Container, Pod, PodStatus } from '../../../../schema/types.ts';
import { parseReference } from '../../images/image-reference.ts';
import type { ContainerRecord } from '../../pods/container-record.ts';
import { podStatus, type ContainerView } from '../../pods/pod-status.ts';
import { formatTime } from '../../../meta/time.ts';
import { isSidecar } from '../../../rules/containers.ts';
import type { SimulatedFacts, StageName } from './stages.ts';

export const factsOf = (pod: Pod): SimulatedFacts => {
  const init = (pod.spec?.initContainers ?? []).filter((each) => !isSidecar(each));
  const done = pod.status?.initContainerStatuses?.filter((each) => each.state?.terminated?.exitCode === 0).length ?? 0;
  return {
    phase: pod.status?.phase ?? 'Pending',
    deleting: pod.metadata.deletionTimestamp !== undefined,
    released: pod.metadata.deletionGracePeriodSeconds === 0,
    job: pod.metadata.ownerReferences?.some((each) => each.controller && each.kind === 'Job') ?? false,
    initDone: done >= init.length,
  };
};

/** The status of a pod after a stage. @param ip the pod's address, once it has one */
export function statusAfter(
  pod: Pod,
  stage: Exclude<StageName, 'delete'>,
  ip: string,
  hostIP: string,
  now: number,
): PodStatus {
  const startTime = pod.status?.startTime ?? formatTime(now);
  const running = (each: Container) => view(pod, each, { running: { startedAt: formatTime(now) } }, true);
  const completed = (each: Container, exitStart?: string) =>
    view(
      pod,
      each,
      {
        terminated: {
          exitCode: 0,
          reason: 'Completed',
          startedAt: exitStart ?? formatTime(now),
          finishedAt: formatTime(now),
        },
      },
      false,
    );
  const init = pod.spec?.initContainers ?? [];
  const main = pod.spec?.containers ?? [];
  const input = { hostIP, podIP: pod.spec?.hostNetwork ? hostIP : ip, startTime, now };
  if (stage === 'initialize') {
    return podStatus(pod, {
      ...input,
      init: init.map((each) => (isSidecar(each) ? running(each) : completed(each))),
      main: main.map((each) => view(pod, each, {}, false)),
    });
  }
  const initNow = init.map((each) =>
    isSidecar(each) && stage === 'run' ? running(each) : completed(each, startedAt(pod, each)),
  );
  if (stage === 'run') return podStatus(pod, { ...input, init: initNow, main: main.map(running) });
  return podStatus(pod, { ...input, init: initNow, main: main.map((each) => completed(each, startedAt(pod, each))) });
}

const startedAt = (pod: Pod, container: Container): string | undefined =>
  statusOf(pod, container)?.state?.running?.startedAt;

function view(pod: Pod, container: Container, state: ContainerRecord['state'], up: boolean): ContainerView {
  const image = parseReference(container.image ?? '');
  const name = typeof image === 'string' ? undefined : image.name;
  const id = createHash('sha256').update(`${pod.metadata.uid}/${container.name}`).digest('hex');
  const containerID = `simulated://${id}`;
  const known = statusOf(pod, container);
  if (state.terminated) state = { terminated: { ...state.terminated, containerID } };
  // A container that runs already keeps its start, and one that has ended its end.
  if (state.running && known?.state?.running) state = known.state;
  if (state.terminated && known?.state?.terminated) state = known.state;
  const record: ContainerRecord = {
    restartCount: known?.restartCount ?? 0,
    ...(Object.keys(state).length > 0 && { containerID }),
    image: name ?? container.image ?? '',
    imageID: name && Object.keys(state).length > 0 ? `simulated:${name}` : '',
    state,
    started: up,
    ready: up,
  };
  return { container, record };
}

const statusOf = (pod: Pod, { name }: Container) =>
  [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].find(
    (each) => each.name === name,
  );
