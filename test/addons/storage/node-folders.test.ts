import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formOf } from '../../../src/addons/storage/class-parameters.ts';
import { FolderError, NodeFolders, type VolumeRecord } from '../../../src/addons/storage/node-folders.ts';
import { handleOf } from '../../../src/addons/storage/snapshots/kinds.ts';
import { snapshotClass } from '../../../src/addons/storage/snapshots/snapshot-class.ts';

const record: VolumeRecord = { form: 'folder', bytes: 1024, cluster: 'c', pending: 'claim', reclaim: true };

describe('the folders of a node', () => {
  let directory: string;
  let folders: NodeFolders;
  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'ku7s-folders-')), 'volumes');
    folders = new NodeFolders(directory);
  });
  afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

  it('are for everybody within, and closed from without', async () => {
    const path = await folders.make('v', record);
    expect(path).toBe(join(directory, 'v', 'data'));
    expect([directory, join(directory, 'v'), path].map((each) => (statSync(each).mode & 0o777).toString(8))).toEqual([
      '700',
      '700',
      '777',
    ]);
    expect(await folders.record('v')).toEqual(record);
  });

  it('may be made again for the same claim, and keep what they have', async () => {
    const path = await folders.make('v', record);
    writeFileSync(join(path, 'x'), 'mine');
    expect(await folders.make('v', record)).toBe(path);
    expect(readFileSync(join(path, 'x'), 'utf8')).toBe('mine');
    await expect(folders.make('v', { ...record, pending: 'other' })).rejects.toThrow(FolderError);
  });

  it('begin with what another has, owners, modes and links alike', async () => {
    const from = await folders.make('from', record);
    mkdirSync(join(from, 'deep'));
    writeFileSync(join(from, 'deep/x'), 'mine', { mode: 0o640 });
    const path = await folders.make('to', { ...record, pending: 'two' }, from);
    expect(readFileSync(join(path, 'deep/x'), 'utf8')).toBe('mine');
    expect(statSync(join(path, 'deep/x')).mode & 0o777).toBe(0o640);
    await expect(folders.make('no', record, join(directory, 'none'))).rejects.toThrow('not on this node');
  });

  it('are refused where there is no room', async () => {
    await expect(folders.make('v', { ...record, bytes: 2 ** 60 })).rejects.toThrow(/not enough free space/);
    expect(existsSync(join(directory, 'v'))).toBe(false);
  });

  it('grow, and do not shrink', async () => {
    await folders.make('v', record);
    await folders.grow('v', 4096);
    await folders.grow('v', 2048);
    expect((await folders.record('v'))?.bytes).toBe(4096);
    await expect(folders.grow('none', 1)).rejects.toThrow('there is no folder none on this node');
  });

  it('go without a trace, and what was half gone goes with the next look', async () => {
    await folders.make('v', record);
    await folders.remove('v');
    await folders.remove('v');
    expect(readdirSync(directory)).toEqual([]);
    await folders.make('kept', record);
    mkdirSync(join(directory, 'half.deleted/data'), { recursive: true });
    expect(await folders.tidy()).toEqual(['kept']);
    expect(readdirSync(directory)).toEqual(['kept']);
  });
});

it.each<[Record<string, string> | undefined, string, string | RegExp]>([
  [undefined, 'Filesystem', 'folder'],
  [{ capacity: 'soft' }, 'Filesystem', 'folder'],
  [{ capacity: 'hard', fsType: 'ext4' }, 'Filesystem', 'filesystem'],
  [{ 'csi.storage.k8s.io/fstype': 'ext4' }, 'Filesystem', 'folder'],
  [{}, 'Block', 'block'],
  [{ capacity: 'some' }, 'Filesystem', /capacity is soft or hard/],
  [{ fsType: 'xfs' }, 'Filesystem', /file systems of type xfs are not made here/],
  [{ speed: 'fast' }, 'Filesystem', /unknown parameter "speed"/],
])('a class with %o and mode %s makes %s', (parameters, mode, expected) => {
  const metadata = { name: 'c', uid: 'c', resourceVersion: '1', creationTimestamp: '' };
  const form = () => formOf({ metadata, provisioner: 'x', ...(parameters && { parameters }) }, mode);
  if (typeof expected === 'string') expect(form()).toBe(expected);
  else expect(form).toThrow(expected);
});

it.each([
  [undefined, undefined],
  ['n1/s', { node: 'n1', name: 's' }],
  ['n1/../s', undefined],
  ['n1/..', undefined],
  ['n1', undefined],
  ['/s', undefined],
])('the handle %s of a snapshot is %o', (text, expected) => {
  expect(handleOf(text)).toEqual(expected);
});

it.each([
  ['the one that is named', 'a', 'a'],
  ['none that is another driver’s', 'x', /is of driver other/],
  ['none that is not there', 'z', /"z" not found/],
  ['the default one', undefined, 'b'],
])('the class of a snapshot is %s', (_, named, expected) => {
  const meta = (name: string, annotations = {}) => ({
    metadata: { name, annotations, uid: name, resourceVersion: '1', creationTimestamp: '' },
  });
  const chosen = { 'snapshot.storage.kubernetes.io/is-default-class': 'true' };
  const classes = [
    { ...meta('a'), driver: 'node-local.ku7s.io' },
    { ...meta('b', chosen), driver: 'node-local.ku7s.io' },
    { ...meta('x', chosen), driver: 'other' },
  ];
  const snapshot = { ...meta('s'), spec: named === undefined ? {} : { volumeSnapshotClassName: named } };
  const found = snapshotClass(snapshot as never, classes as never);
  if (typeof expected === 'string') expect(found).toMatchObject({ metadata: { name: expected } });
  else expect(found).toEqual({ error: expect.stringMatching(expected) as string });
});
