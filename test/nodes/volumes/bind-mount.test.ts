import { expect, it } from 'vitest';
import type { VolumeMount } from '../../../schema/types.ts';
import { bindDevice, bindMount } from '../../../src/nodes/volumes/bind-mount.ts';

const volume = { path: '/usr', readOnly: false };

it.each<[Partial<VolumeMount>, object, string, object]>([
  [{}, {}, '', { target: '/v', readOnly: false, file: false }],
  [{ mountPath: 'v/w' }, {}, '', { target: '/v/w', readOnly: false, file: false }],
  [{ readOnly: true }, {}, '', { target: '/v', readOnly: true, file: false }],
  [{}, { readOnly: true }, '', { target: '/v', readOnly: true, file: false }],
  [{}, { path: '/etc/passwd' }, '', { source: '/etc/passwd', target: '/v', readOnly: false, file: true }],
  [{}, {}, 'bin', { target: '/v', readOnly: false, subPath: 'bin' }],
  [{ mountPropagation: 'None' }, {}, '', { target: '/v', readOnly: false, file: false }],
  [
    { mountPropagation: 'Bidirectional', recursiveReadOnly: 'IfPossible' },
    {},
    '',
    { target: '/v', readOnly: false, file: false, propagation: 'Bidirectional', recursiveReadOnly: 'IfPossible' },
  ],
])('a mount %j of a volume %j at %j is made so: %j', async (mount, source, subPath, wanted) => {
  const made = await bindMount({ name: 'v', mountPath: '/v', ...mount }, { ...volume, ...source }, subPath);
  expect(made).toEqual({ source: '/usr', ...wanted });
});

it('a device stands at the path that the container wants', () => {
  const device = { path: '/dev/loop7', readOnly: true, block: true };
  expect(bindDevice('dev/x', device)).toEqual({
    source: '/dev/loop7',
    target: '/dev/x',
    readOnly: true,
    file: true,
    device: true,
  });
});
