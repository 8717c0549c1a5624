import { describe, expect, test } from 'vitest';
import type { Container, ContainerState, Pod } from '../../../schema/types.ts';
import { podStatus, type ContainerView, type StatusInput } from '../../../src/nodes/pods/pod-status.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const EARLIER = '2026-01-01T00:00:00Z';

/** r: running, c: running and ready, 0…: ended with this code, w: to be created, b3: in back-off after an end with 3 */
function view(name: string, letter: string, more: Partial<Container> = {}): ContainerView {
  const terminated = (text: string): ContainerState => ({ terminated: { exitCode: Number(text) } });
  const state: ContainerState =
    letter === 'r' || letter === 'c'
      ? { running: {} }
      : letter === 'w'
        ? {}
        : letter.startsWith('b')
          ? { waiting: { reason: 'CrashLoopBackOff' } }
          : terminated(letter);
  return {
    container: { name, image: 'i', ...more },
    record: {
      restartCount: 0,
      image: 'i',
      imageID: '',
      state,
      started: letter === 'c' || letter === 'r',
      ready: letter === 'c',
      ...(letter.startsWith('b') && { lastState: terminated(letter.slice(1)) }),
    },
  };
}

function status(policy: string, init: string, main: string, more: Partial<StatusInput> = {}, pod: Partial<Pod> = {}) {
  const letters = (text: string) => text.split(' ').filter(Boolean);
  const views = letters(init).map((each, n) =>
    each.startsWith('s') ? view(`i${n}`, each.slice(1), { restartPolicy: 'Always' }) : view(`i${n}`, each),
  );
  const mains = letters(main).map((each, n) => view(`m${n}`, each));
  const spec = {
    restartPolicy: policy,
    initContainers: views.map(({ container }) => container),
    containers: mains.map(({ container }) => container),
    ...pod.spec,
  } as NonNullable<Pod['spec']>;
  const metadata = { name: 'p', uid: 'u', resourceVersion: '1', creationTimestamp: EARLIER };
  return podStatus(
    { metadata, ...pod, spec },
    { init: views, main: mains, hostIP: '192.0.2.1', podIP: '10.0.0.1', startTime: EARLIER, now: NOW, ...more },
  );
}

// restart policy, init containers (s: a sidecar), main containers, phase, [Initialized, ContainersReady]
test.each([
  ['Always', '', 'w', 'Pending', 'TF'],
  ['Always', '', 'r', 'Running', 'TF'],
  ['Always', '', 'c', 'Running', 'TT'],
  ['Always', '', 'c w', 'Pending', 'TF'],
  ['Always', '', 'c 0', 'Running', 'TF'],
  ['Always', '', '0 1', 'Running', 'TF'],
  ['Always', '', 'b1', 'Running', 'TF'],
  ['OnFailure', '', '0', 'Succeeded', 'TF'],
  ['OnFailure', '', '0 1', 'Running', 'TF'],
  ['OnFailure', '', '0 b1', 'Running', 'TF'],
  ['Never', '', '0 0', 'Succeeded', 'TF'],
  ['Never', '', '0 1', 'Failed', 'TF'],
  ['Never', '', '1 c', 'Running', 'TF'],
  ['Never', '', '1 w', 'Pending', 'TF'],
  ['Always', 'w', 'w', 'Pending', 'FF'],
  ['Always', 'r', 'w', 'Pending', 'FF'],
  ['Always', '0 r', 'w', 'Pending', 'FF'],
  ['Always', '1', 'w', 'Pending', 'FF'],
  ['Always', 'b1', 'w', 'Pending', 'FF'],
  ['Never', '1', 'w', 'Failed', 'FF'],
  ['Always', '0', 'w', 'Pending', 'TF'],
  ['Always', '0', 'c', 'Running', 'TT'],
  ['Always', 'sw', 'w', 'Pending', 'FF'],
  ['Always', 'sc', 'w', 'Pending', 'TF'],
  ['Always', 'sc', 'c', 'Running', 'TT'],
  ['Always', 'sr', 'c', 'Running', 'TF'],
  ['Never', 'sc', '0', 'Running', 'TF'],
  ['Never', 's143', '0', 'Succeeded', 'TF'],
  ['Never', 's143', '1', 'Failed', 'TF'],
])('%s, init [%s], main [%s]: %s, conditions %s', (policy, init, main, phase, expected) => {
  const result = status(policy, init, main);
  const condition = (type: string) => result.conditions?.find((each) => each.type === type)?.status[0];
  expect([result.phase, `${condition('Initialized')}${condition('ContainersReady')}`]).toEqual([phase, expected]);
});

describe('the status', () => {
  const gate = { spec: { readinessGates: [{ conditionType: 'example.com/lb' }], containers: [] } };
  const ready = (pod: Partial<Pod>) => {
    const { containers: _, ...spec } = pod.spec ?? { containers: [] };
    return status('Always', '', 'c', {}, { ...pod, spec } as Partial<Pod>).conditions?.find(
      ({ type }) => type === 'Ready',
    );
  };

  test('is not Ready before its gates are', () => {
    expect(ready(gate)).toMatchObject({
      status: 'False',
      reason: 'ReadinessGatesNotReady',
      message: 'corresponding condition of pod readiness gate "example.com/lb" does not exist.',
    });
    const condition = (value: string) => ({ status: { conditions: [{ type: 'example.com/lb', status: value }] } });
    expect(ready({ ...gate, ...condition('False') })?.message).toBe(
      'the status of pod readiness gate "example.com/lb" is not "True", but False',
    );
    expect(ready({ ...gate, ...condition('True') })?.status).toBe('True');
  });

  test('keeps the time of a condition that stays, and dates one that changes', () => {
    const known = (value: string) => ({
      status: { conditions: [{ type: 'Ready', status: value, lastTransitionTime: EARLIER }] },
    });
    expect(ready(known('True'))?.lastTransitionTime).toBe(EARLIER);
    expect(ready(known('False'))?.lastTransitionTime).toBe('2026-01-02T03:04:05Z');
  });

  test('of a pod that the node has ended says why', () => {
    const verdict = { reason: 'DeadlineExceeded', message: 'too long' };
    expect(status('Always', '', '143', { verdict })).toMatchObject({ phase: 'Failed', ...verdict });
  });

  test.each([
    ['Always', '143', 'Failed'],
    ['Always', '0', 'Succeeded'],
    ['Never', '1', 'Failed'],
  ])('of a deleted pod (%s) that ended with %s is %s', (policy, main, phase) => {
    expect(status(policy, '', main, { over: true }).phase).toBe(phase);
  });
});
