import { expect, it } from 'vitest';
import type { Container, ContainerStatus, Pod } from '../../../schema/types.ts';
import { podPhase } from '../../../src/nodes/pods/pod-phase.ts';

const ended = (exitCode: number) => ({ state: { terminated: { exitCode } } });
const STATES = {
  running: { state: { running: {} }, started: true },
  starting: { state: { running: {} }, started: false },
  waiting: { state: { waiting: { reason: 'x' } } },
  good: ended(0),
  bad: ended(1),
  /** in its back-off after a failure */
  crashed: { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: { exitCode: 1 } } },
} as const;
type State = keyof typeof STATES;
type One = readonly [State, Partial<Container>?];

const rule = (action: string, ...values: number[]): Partial<Container> => ({
  restartPolicy: 'Never',
  restartPolicyRules: [{ action, exitCodes: { operator: 'In', values } }],
});
const SIDECAR: Partial<Container> = { restartPolicy: 'Always' };

const phase = (policy: string, init: readonly One[], main: readonly One[], over = false) => {
  const container =
    (kind: string) =>
    ([, more]: One, index: number) => ({ name: `${kind}${index}`, ...more });
  const status =
    (kind: string) =>
    ([state]: One, index: number) => {
      const whole = {
        name: `${kind}${index}`,
        image: '',
        imageID: '',
        ready: false,
        restartCount: 0,
        ...STATES[state],
      };
      return whole as ContainerStatus;
    };
  const spec = {
    restartPolicy: policy,
    initContainers: init.map(container('i')),
    containers: main.map(container('c')),
  };
  return podPhase({ spec } as Pod, init.map(status('i')), main.map(status('c')), over);
};

it.each<[string, One[], One[], string]>([
  ['Always', [], [['running']], 'Running'],
  ['Always', [], [['running'], ['waiting']], 'Pending'],
  ['Always', [], [['good']], 'Running'],
  ['Always', [], [['crashed']], 'Running'],
  ['OnFailure', [], [['good']], 'Succeeded'],
  ['OnFailure', [], [['good'], ['bad']], 'Running'],
  ['Never', [], [['good'], ['bad']], 'Failed'],
  ['Never', [], [['bad'], ['running']], 'Running'],
  // init containers
  ['Always', [['running']], [['waiting']], 'Pending'],
  ['Always', [['bad']], [['waiting']], 'Pending'],
  ['OnFailure', [['crashed']], [['waiting']], 'Pending'],
  ['Never', [['bad']], [['waiting']], 'Failed'],
  ['Never', [['bad', { restartPolicy: 'OnFailure' }]], [['waiting']], 'Pending'],
  ['Always', [['bad', { restartPolicy: 'Never' }]], [['waiting']], 'Failed'],
  // sidecars
  ['Never', [['starting', SIDECAR]], [['waiting']], 'Pending'],
  ['Never', [['running', SIDECAR]], [['running']], 'Running'],
  ['Never', [['starting', SIDECAR]], [['running']], 'Running'],
  ['Never', [['running', SIDECAR]], [['good']], 'Running'],
  ['Never', [['bad', SIDECAR]], [['good']], 'Succeeded'],
  ['Never', [['crashed', SIDECAR]], [['running']], 'Running'],
  // policies and rules of one container
  ['Never', [], [['bad', { restartPolicy: 'Always' }]], 'Running'],
  ['Always', [], [['good', { restartPolicy: 'OnFailure' }]], 'Succeeded'],
  ['Never', [], [['bad', rule('Restart', 1)]], 'Running'],
  ['Never', [], [['bad', rule('Restart', 2)]], 'Failed'],
  ['Never', [['bad', rule('Restart', 1)]], [['waiting']], 'Pending'],
])('with policy %s, init %j and main %j the phase is %s', (policy, init, main, wanted) => {
  expect(phase(policy, init, main)).toBe(wanted);
});

it('of a pod that is over does not wait for what would start again', () => {
  expect(phase('Always', [], [['good']], true)).toBe('Succeeded');
  expect(phase('Always', [], [['crashed']], true)).toBe('Failed');
  expect(phase('Always', [], [['waiting']], true)).toBe('Failed');
  expect(phase('Never', [['waiting']], [['waiting']], true)).toBe('Failed');
});
