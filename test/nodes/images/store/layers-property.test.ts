import { execFileSync, spawnSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LIMITS } from '../../../../src/nodes/images/store/limits.ts';
import { mergeLayers } from '../../../../src/nodes/images/store/merge-layers.ts';
import { removeFolder } from '../../../../src/rules/machine/remove-folder.ts';
import { unpackLayer } from '../../../../src/nodes/images/store/unpack-layer.ts';
import { archive, type ArchiveEntry } from '../../../support/image-archive.ts';

const isRoot = process.getuid?.() === 0;
let scratch: string;
let outside: string;
let whiteout: string;
let count = 0;

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'ku7s-layers-'));
  outside = join(scratch, 'outside');
  whiteout = join(scratch, 'whiteout');
  mkdirSync(join(outside, 'd'), { recursive: true });
  writeFileSync(join(outside, 'f'), 'before');
  writeFileSync(join(outside, 'd', 'f'), 'before');
  execFileSync('mknod', [whiteout, 'c', '0', '0']);
});
afterAll(() => removeFolder(scratch));

/** All that is below a folder, without following a link. */
function tree(directory: string, path = ''): string[] {
  return readdirSync(join(directory, path)).flatMap((name) => {
    const at = `${path}/${name}`;
    const found = lstatSync(join(directory, at), { throwIfNoEntry: false });
    // the kernel names a whiteout that hides nothing, and has nothing there
    if (!found) return [];
    if (found.isDirectory()) return [`${at}/`, ...tree(directory, at)];
    if (found.isSymbolicLink()) return [`${at} -> ${readlinkSync(join(directory, at))}`];
    if (found.isFile()) return [`${at} ${readFileSync(join(directory, at), 'utf8')}`];
    return [`${at} ${found.rdev}`];
  });
}

const name = fc.constantFrom('a', 'b', 'c', 'd', 'f');
const step = fc.oneof({ weight: 9, arbitrary: name }, { weight: 1, arbitrary: fc.constantFrom('..', '.', '', 'é') });
const way = fc.array(step, { minLength: 1, maxLength: 4 }).map((steps) => steps.join('/'));
const plain = fc.array(name, { minLength: 1, maxLength: 3 }).map((steps) => steps.join('/'));
const hidden = fc
  .tuple(plain, fc.boolean())
  .map(([path, all]) => (all ? `${path}/.wh..wh..opq` : path.replace(/[^/]+$/, '.wh.$&')));
const entry = (names: fc.Arbitrary<string>, links: fc.Arbitrary<string>): fc.Arbitrary<ArchiveEntry> =>
  fc.oneof(
    fc.record({ name: names, content: fc.constantFrom('1', '2', '3') }),
    fc.record({ name: names, type: fc.constant('directory' as const) }),
    fc.record({ name: names, type: fc.constant('symlink' as const), linkname: links }),
    fc.record({ name: names, type: fc.constant('link' as const), linkname: names }),
    hidden.map((each) => ({ name: each, content: '' })),
  );

const unpack = async (entries: readonly ArchiveEntry[]): Promise<string> => {
  const layer = join(scratch, String(++count));
  mkdirSync(join(layer, 'fs'), { recursive: true });
  const bytes = await archive(entries);
  const who = { root: isRoot, whiteout };
  const { opaque } = await unpackLayer(Readable.from([bytes]), bytes.length, join(layer, 'fs'), who, LIMITS);
  writeFileSync(join(layer, 'layer.json'), JSON.stringify({ opaque }));
  return join(layer, 'fs');
};

test('whatever an archive has, nothing outside of the layer is touched', async () => {
  const before = JSON.stringify(tree(outside));
  const links = fc.oneof(
    way,
    fc.constantFrom('/', '..', '../../outside', '../outside/d', '../outside/f', outside, join(outside, 'f'), '/a/b'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(entry(way, links), { maxLength: 12 }), async (entries) => {
      await unpack(entries).catch(() => undefined);
      expect(JSON.stringify(tree(outside))).toBe(before);
      expect(readdirSync(scratch).every((each) => /^(\d+|outside|whiteout|empty|merged-\d+)$/.test(each))).toBe(true);
    }),
    { numRuns: 80 },
  );
});

/** What the kernel makes of layers; undefined where it may not be asked. */
function overlay(layers: readonly string[]): string[] | undefined {
  const target = join(scratch, `mount-${++count}`);
  mkdirSync(target);
  const lower = [...layers.toReversed(), join(scratch, 'empty')].join(':');
  mkdirSync(join(scratch, 'empty'), { recursive: true });
  const mounted = spawnSync('mount', ['-t', 'overlay', '-o', `ro,lowerdir=${lower}`, 'overlay', target]);
  try {
    return mounted.status === 0 ? tree(target) : undefined;
  } finally {
    if (mounted.status === 0) execFileSync('umount', [target]);
    rmSync(target, { recursive: true });
  }
}

test.skipIf(!isRoot)('layers are to the kernel what they are when they are merged', async () => {
  const layer = fc.array(entry(plain, plain), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.array(layer, { minLength: 1, maxLength: 4 }), async (archives) => {
      const layers: string[] = [];
      for (const entries of archives) {
        const made = await unpack(entries).catch(() => undefined);
        if (made !== undefined) layers.push(made);
      }
      const seen = overlay(layers);
      if (!layers.length || !seen) return;
      const target = join(scratch, `merged-${++count}`);
      mkdirSync(target);
      await mergeLayers(layers, target);
      expect(tree(target).toSorted()).toEqual(seen.toSorted());
      rmSync(target, { recursive: true });
    }),
    { numRuns: 50 },
  );
});
