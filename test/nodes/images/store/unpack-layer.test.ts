import { execFileSync } from 'node:child_process';
import {
  existsSync,
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
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { LIMITS } from '../../../../src/nodes/images/store/limits.ts';
import { unpackLayer, type Unpacked } from '../../../../src/nodes/images/store/unpack-layer.ts';
import { archive, digestOf, type ArchiveEntry } from '../../../support/image-archive.ts';

const isRoot = process.getuid?.() === 0;
let scratch: string;
let root: string;
let whiteout: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'ku7s-layer-'));
  root = join(scratch, 'layer');
  mkdirSync(root);
  mkdirSync(join(scratch, 'outside'));
  writeFileSync(join(scratch, 'outside', 'file'), 'before');
  whiteout = join(scratch, 'whiteout');
  execFileSync('mknod', [whiteout, 'c', '0', '0']);
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const unpackBytes = (bytes: Buffer, limits = LIMITS, compressed = bytes.length): Promise<Unpacked> =>
  unpackLayer(Readable.from([bytes]), compressed, root, { root: isRoot, whiteout }, limits);
const unpack = async (...entries: ArchiveEntry[]): Promise<Unpacked> => unpackBytes(await archive(entries));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const dir = (name: string, more: object = {}): ArchiveEntry => ({ name, type: 'directory', ...more });
const link = (name: string, linkname: string): ArchiveEntry => ({ name, type: 'symlink', linkname });
const hard = (name: string, linkname: string): ArchiveEntry => ({ name, type: 'link', linkname });
const isWhiteout = (path: string): boolean => {
  const found = lstatSync(join(root, path));
  return found.isCharacterDevice() && found.rdev === 0;
};
const attribute = (path: string, name: string): string =>
  execFileSync('perl', [
    '-e',
    '$v = "\\0" x 64; $n = syscall(192, $ARGV[0], $ARGV[1], $v, 64); print substr($v, 0, $n) if $n >= 0',
    join(root, path),
    name,
  ]).toString();

describe('a layer', () => {
  it('is what its archive has', async () => {
    const result = await unpack(
      dir('./'),
      dir('etc/', { mode: 0o750 }),
      { name: './etc/passwd', content: 'root:x:0:0', mode: 0o640 },
      { name: 'bin/run', content: 'x'.repeat(300_000), mode: 0o4755 },
      link('bin/sh', '/bin/run'),
      hard('bin/other', 'bin/run'),
      { name: 'pipe', type: 'fifo' },
    );
    expect(read('etc/passwd')).toBe('root:x:0:0');
    expect(lstatSync(join(root, 'etc')).mode & 0o7777).toBe(0o750);
    expect(lstatSync(join(root, 'etc/passwd')).mode & 0o7777).toBe(0o640);
    expect(lstatSync(join(root, 'bin/run')).mode & 0o7777).toBe(0o4755);
    expect(lstatSync(join(root, 'etc/passwd')).mtimeMs).toBe(1_700_000_000_000);
    expect(lstatSync(join(root, 'etc')).mtimeMs).toBe(1_700_000_000_000);
    expect(lstatSync(join(root, 'bin')).mode & 0o7777).toBe(0o755);
    expect(readlinkSync(join(root, 'bin/sh'))).toBe('/bin/run');
    expect(lstatSync(join(root, 'bin/other')).ino).toBe(lstatSync(join(root, 'bin/run')).ino);
    expect(lstatSync(join(root, 'pipe')).isFIFO()).toBe(true);
    expect(result).toMatchObject({ entries: 7, size: 300_010, opaque: [], dropped: 0 });
  });

  it('is known by the digest of its archive', async () => {
    const bytes = await archive([{ name: 'a', content: 'b' }]);
    expect((await unpackBytes(bytes)).diffId).toBe(digestOf(bytes));
  });

  it('is open to all where its archive says nothing, whatever is usual for who unpacks', async () => {
    const usual = process.umask(0o077);
    try {
      await unpack({ name: 'a/b', content: 'x', mode: 0o666 });
    } finally {
      process.umask(usual);
    }
    expect(['', 'a', 'a/b'].map((path) => lstatSync(join(root, path)).mode & 0o777)).toEqual([0o755, 0o755, 0o666]);
  });

  it('has names that are long or not of ASCII', async () => {
    const name = `${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(200)}`;
    await unpack({ name, content: '1' }, { name: 'grün/日本', content: '2' }, link('to', name));
    expect([read(name), read('grün/日本'), read('to')]).toEqual(['1', '2', '1']);
  });

  test.skipIf(!isRoot)('belongs to whom the archive says, with its devices and attributes', async () => {
    const result = await unpack(
      { name: 'file', content: 'x', uid: 1000, gid: 100, mode: 0o4711 },
      { name: 'big', content: 'x', pax: { uid: '3000000', gid: '4000000' } },
      { name: 'null', type: 'character-device', devmajor: 1, devminor: 3 },
      { name: 'zero', type: 'character-device', devmajor: 0, devminor: 0 },
      {
        name: 'attributes',
        pax: {
          'SCHILY.xattr.user.note': 'kept',
          'SCHILY.xattr.security.capability':
            '\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00',
          'SCHILY.xattr.trusted.overlay.redirect': '/etc',
          'SCHILY.xattr.user.overlay.redirect': '/etc',
        },
      },
    );
    const [file, big, device] = ['file', 'big', 'null'].map((name) => lstatSync(join(root, name)));
    expect([file?.uid, file?.gid, (file?.mode ?? 0) & 0o7777]).toEqual([1000, 100, 0o4711]);
    expect([big?.uid, big?.gid]).toEqual([3_000_000, 4_000_000]);
    expect([device?.isCharacterDevice(), device?.rdev]).toEqual([true, 0x103]);
    expect(existsSync(join(root, 'zero'))).toBe(false);
    expect(attribute('attributes', 'user.note')).toBe('kept');
    expect(attribute('attributes', 'security.capability').length).toBe(20);
    expect(attribute('attributes', 'trusted.overlay.redirect')).toBe('');
    expect(attribute('attributes', 'user.overlay.redirect')).toBe('');
    expect(result.dropped).toBe(3);
  });
});

describe('what a layer hides of lower ones', () => {
  it('is a device 0:0', async () => {
    await unpack({ name: 'etc/.wh.gone' }, { name: '.wh.also' });
    expect([isWhiteout('etc/gone'), isWhiteout('also')]).toEqual([true, true]);
  });

  it('is all of an opaque directory, wherever the mark stands', async () => {
    const result = await unpack(
      dir('a/'),
      { name: 'a/.wh..wh..opq' },
      { name: 'a/x' },
      { name: 'b/y' },
      { name: 'b/.wh..wh..opq' },
    );
    expect(result.opaque.toSorted()).toEqual(['/a', '/b']);
    expect(readdirSync(join(root, 'a'))).toEqual(['x']);
    if (isRoot)
      expect([attribute('a', 'trusted.overlay.opaque'), attribute('b', 'user.overlay.opaque')]).toEqual(['y', 'y']);
  });

  it('is never what the layer has itself', async () => {
    const result = await unpack(
      { name: 'one', content: '1' },
      { name: '.wh.one' },
      { name: '.wh.two' },
      { name: 'two', content: '2' },
      dir('three'),
      { name: 'three/x', content: '3' },
      { name: '.wh.three' },
      { name: '.wh.four' },
      { name: 'four/x', content: '4' },
      { name: '.wh.five' },
      dir('five'),
    );
    expect([read('one'), read('two'), read('three/x'), read('four/x')]).toEqual(['1', '2', '3', '4']);
    expect(result.opaque.toSorted()).toEqual(['/five', '/four', '/three']);
  });

  it('is no business of what aufs kept', async () => {
    await unpack({ name: '.wh..wh.plnk', type: 'directory' }, { name: '.wh..wh.aufs' });
    expect(readdirSync(root)).toEqual([]);
  });
});

describe('an entry that comes again', () => {
  test.each<[string, ArchiveEntry[], () => unknown, unknown]>([
    [
      'replaces a file',
      [
        { name: 'a', content: '1' },
        { name: './a', content: '2' },
      ],
      () => read('a'),
      '2',
    ],
    [
      'replaces a directory and all in it',
      [dir('a'), { name: 'a/b' }, { name: 'a', content: '2' }],
      () => read('a'),
      '2',
    ],
    [
      'replaces a file by a directory',
      [{ name: 'a' }, dir('a'), { name: 'a/b', content: '2' }],
      () => read('a/b'),
      '2',
    ],
    [
      'changes a directory',
      [dir('a', { mode: 0o700 }), { name: 'a/b' }, dir('a', { mode: 0o711 })],
      () => lstatSync(join(root, 'a')).mode & 0o777,
      0o711,
    ],
    [
      'replaces a link, not what it leads to',
      [{ name: 'b', content: '1' }, link('a', 'b'), { name: 'a', content: '2' }],
      () => read('b') + read('a'),
      '12',
    ],
    [
      'replaces one name of a file that has two',
      [{ name: 'a', content: '1' }, hard('b', 'a'), { name: 'a', content: '2' }],
      () => read('b') + read('a'),
      '12',
    ],
    ['links to itself and stays', [{ name: 'a', content: '1' }, hard('a', 'a')], () => read('a'), '1'],
  ])('%s', async (_name, entries, seen, expected) => {
    await unpack(...entries);
    expect(seen()).toEqual(expected);
  });
});

describe('a link of the layer is followed within the layer alone', () => {
  test.each<[string, string]>([
    ['/elsewhere', 'elsewhere/file'],
    ['elsewhere', 'elsewhere/file'],
    ['../../../../../elsewhere', 'elsewhere/file'],
    ['/../../elsewhere/./', 'elsewhere/file'],
  ])('%s', async (target, written) => {
    await unpack(link('a', target), { name: 'a/file', content: 'in' });
    expect(read(written)).toBe('in');
    expect(lstatSync(join(root, 'a')).isSymbolicLink()).toBe(true);
  });

  it('to where files outside are', async () => {
    const outside = join(scratch, 'outside');
    await unpack(
      link('a', outside),
      { name: 'a/file', content: 'in' },
      link('b', `${'../'.repeat(30)}${outside}`),
      { name: 'b/file', content: 'in' },
      link('c', join(outside, 'file')),
      { name: 'c', content: 'in' },
      link('d', outside),
      { name: 'd/.wh.file' },
      { name: 'd/.wh..wh..opq' },
    );
    expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('before');
    expect(readdirSync(outside)).toEqual(['file']);
    expect(lstatSync(join(outside, 'file')).isFile()).toBe(true);
  });
});

describe('a layer is refused that', () => {
  const evil = (name: string): ArchiveEntry => ({ name, content: 'x' });
  test.each<[string, ArchiveEntry[], string]>([
    ['names something above', [evil('../outside/file')], 'leads out of the layer'],
    ['names something above on a way', [evil('a/../../outside/file')], 'leads out of the layer'],
    ['hides something above', [evil('.wh...')], 'a whiteout of ".."'],
    ['hides itself', [evil('.wh..')], 'a whiteout of "."'],
    ['hides nothing', [evil('.wh.')], 'a whiteout of ""'],
    ['links to something above', [hard('a', '../outside/file')], 'leads out of the layer'],
    ['links to what it does not have', [hard('a', '/etc/passwd')], 'which the layer does not have'],
    [
      'links by a link to what it does not have',
      [link('l', '/etc'), hard('a', 'l/passwd')],
      'which the layer does not have',
    ],
    ['links to a directory', [dir('d'), hard('a', 'd')], 'which the layer does not have'],
    ['links to what it hides', [evil('.wh.gone'), hard('a', 'gone')], 'which the layer does not have'],
    ['goes in circles', [link('a', 'b'), link('b', 'a'), evil('a/x')], 'has too many links'],
    ['leads through a file', [evil('a'), evil('a/b')], 'leads through a file'],
    [
      'has more attributes than can be kept in mind',
      Array.from({ length: 300 }, (_, at) => ({
        ...evil(`f${at}`),
        pax: { 'SCHILY.xattr.user.x': 'x'.repeat(60_000) },
      })),
      "the layer's attributes have more than",
    ],
    ['belongs to nobody', [{ ...evil('a'), pax: { uid: '-1' } }], 'belongs to nobody'],
    ['belongs to no number', [{ ...evil('a'), pax: { gid: 'x' } }], 'belongs to nobody'],
  ])('%s', async (_name, entries, message) => {
    await expect(unpack(...entries)).rejects.toThrow(message);
    expect(readdirSync(scratch).toSorted()).toEqual(['layer', 'outside', 'whiteout']);
    expect(readFileSync(join(scratch, 'outside', 'file'), 'utf8')).toBe('before');
  });

  it('has a file with holes, of which nothing can be said', async () => {
    const bytes = await archive([evil('a')]);
    bytes[156] = 'S'.charCodeAt(0);
    let sum = 8 * 32;
    for (let at = 0; at < 512; at++) if (at < 148 || at > 155) sum += bytes[at]!;
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    await expect(unpackBytes(bytes)).rejects.toThrow('"a" is of a kind that is not supported');
  });

  test.each<[string, (bytes: Buffer) => Buffer]>([
    ['is cut off', (bytes) => bytes.subarray(0, 700)],
    ['has a broken header', (bytes) => Buffer.concat([Buffer.alloc(512, 1), bytes])],
    ['is no archive', () => Buffer.from('x'.repeat(5000))],
  ])('%s', async (_name, change) => {
    const bytes = await archive([{ name: 'a', content: 'x'.repeat(1000) }]);
    await expect(unpackBytes(change(bytes))).rejects.toThrow();
  });

  test.each([
    ['bytes', { ...LIMITS, bytes: 5000 }, 'larger than 5000 bytes when it is unpacked'],
    ['files', { ...LIMITS, entries: 3 }, 'more than 3 files'],
    ['bytes for each that was sent', { ...LIMITS, freely: 100, ratio: 10 }, 'larger than'],
  ])('has too many %s', async (_name, limits, message) => {
    const bytes = await archive([1, 2, 3, 4].map((n) => ({ name: `f${n}`, content: '\0'.repeat(20_000) })));
    await expect(unpackBytes(bytes, limits, gzipSync(bytes).length)).rejects.toThrow(message);
  });
});
