import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Image, ImageRoot } from '../../../src/nodes/images/image-service.ts';
import { bindDevice, bindMount } from '../../../src/nodes/volumes/bind-mount.ts';
import { imageVolume } from '../../../src/nodes/volumes/image-volume.ts';
import { mountNetwork, networkSource } from '../../../src/nodes/volumes/network-mount.ts';
import { unmountBelow } from '../../../src/rules/machine/unmount.ts';

const root = process.getuid?.() === 0;

describe('volumes of the machine', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ku7s-machine-volumes-'));
  });
  afterEach(async () => {
    if (root) await unmountBelow(folder);
    rmSync(folder, { recursive: true });
  });
  const layer = (name: string, file: string, text = name): string => {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, file), text);
    return join(folder, name);
  };
  const image = (imageRoot: ImageRoot): Image => ({
    id: 'sha256:1',
    repoTags: ['docker.io/library/data:1'],
    repoDigests: [],
    size: 1,
    config: {
      entrypoint: [],
      cmd: [],
      env: {},
      user: '',
      workingDir: '',
      volumes: [],
      stopSignal: '',
      exposedPorts: [],
    },
    root: imageRoot,
  });

  it('that are images of one layer are that layer', async () => {
    const only = layer('one', 'x');
    expect(await imageVolume(image({ kind: 'layers', layers: [only] }), join(folder, 'at'))).toBe(only);
  });

  it.skipIf(!root)('that are images of several layers show the uppermost of each file', async () => {
    const layers = [layer('lo:wer', 'low'), layer('upper', 'high')];
    const at = await imageVolume(image({ kind: 'layers', layers }), join(folder, 'at'));
    expect(readdirSync(at).sort()).toEqual(['high', 'low']);
    expect(() => writeFileSync(join(at, 'new'), '')).toThrow(/EROFS/);
    expect(await imageVolume(image({ kind: 'layers', layers }), join(folder, 'at'))).toBe(at);
  });

  it('that are images without files of their own are refused', async () => {
    await expect(imageVolume(image({ kind: 'host' }), join(folder, 'at'))).rejects.toThrow(
      'image docker.io/library/data:1 has no files of its own that could be mounted',
    );
  });

  it('of other machines need a helper of this one, and say which', async () => {
    const source = networkSource({ nfs: { server: 'server', path: '/export' }, mountOptions: ['hard'] });
    expect(source).toEqual({ type: 'nfs', source: 'server:/export', readOnly: false, options: ['hard'] });
    await expect(mountNetwork(source!, join(folder, 'at'), [folder])).rejects.toThrow(
      'volumes of type nfs need mount.nfs, which is not installed on this node',
    );
    expect(networkSource({})).toBeUndefined();
  });

  it.each([
    [{}, '', { readOnly: false, file: false }],
    [
      { readOnly: true, recursiveReadOnly: 'Enabled' },
      '',
      { readOnly: true, file: false, recursiveReadOnly: 'Enabled' },
    ],
    [{ recursiveReadOnly: 'Disabled', mountPropagation: 'None' as const }, '', { readOnly: false, file: false }],
    [
      { mountPropagation: 'Bidirectional' as const },
      '',
      { readOnly: false, file: false, propagation: 'Bidirectional' },
    ],
    [{}, 'a/b', { readOnly: false, subPath: 'a/b' }],
  ])('are mounted as %o says, below %s', async (mount, subPath, expected) => {
    const source = { path: folder, readOnly: false };
    const made = await bindMount({ name: 'v', mountPath: 'data', ...mount }, source, subPath);
    expect(made).toEqual({ source: folder, target: '/data', ...expected });
  });

  it('that nobody writes are read-only whatever the mount says, and a file is a file', async () => {
    const path = join(layer('one', 'x'), 'x');
    const made = await bindMount({ name: 'v', mountPath: '/x', readOnly: false }, { path, readOnly: true }, '');
    expect(made).toEqual({ source: path, target: '/x', readOnly: true, file: true });
    expect(bindDevice('/dev/x', { path, readOnly: false, block: true })).toMatchObject({
      target: '/dev/x',
      device: true,
    });
  });
});
