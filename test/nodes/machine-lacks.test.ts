import { expect, it } from 'vitest';
import { machineLacks } from '../../src/nodes/machine-lacks.ts';

const can = { root: true, rootView: true, missing: '', layersOnDisk: true, podNetwork: true };
const whole = { can, ownNetwork: true, devices: true };

it('a machine that gives all has no condition', () => expect(machineLacks(whole)).toEqual([]));

it.each([
  [{ can: { ...can, root: false } }, 'pods run as one user'],
  [{ ownNetwork: false }, "pods share the host's network"],
  [{ can: { ...can, layersOnDisk: false } }, 'is kept in memory'],
  [{ devices: false }, 'no cgroup holds containers to their devices'],
])('what it lacks is said: %j', (less, words) => {
  expect(machineLacks({ ...whole, ...less })).toEqual([
    {
      type: 'MachineLimited',
      status: 'True',
      reason: 'MachineLacksParts',
      message: expect.stringContaining(words) as string,
    },
  ]);
});

it('where nothing can be isolated, that alone is said', () => {
  const message = 'no container is started, as this machine cannot isolate it: unshare: not permitted';
  expect(
    machineLacks({
      can: { ...can, rootView: false, missing: 'unshare: not permitted' },
      ownNetwork: false,
      devices: false,
    }),
  ).toEqual([{ type: 'ContainersNotStarted', status: 'True', reason: 'NoIsolation', message }]);
});
