import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { ImageFolder } from '../../../src/nodes/images/folder/image-folder.ts';
import { HostPrograms } from '../../../src/nodes/images/host-programs.ts';
import { PullError, type Image } from '../../../src/nodes/images/image-service.ts';
import { LocalImages } from '../../../src/nodes/images/local-images.ts';
import { machinePlatform } from '../../../src/nodes/images/oci/platform.ts';
import { ImageStore } from '../../../src/nodes/images/store/image-store.ts';
import { mergeLayers } from '../../../src/nodes/images/store/merge-layers.ts';
import {
  archive,
  buildImage,
  digestOf,
  layoutFiles,
  savedFiles,
  type ArchiveEntry,
  type BuiltImage,
} from '../../support/image-archive.ts';

let scratch: string;
let folder: string;
let store: ImageStore;
let images: LocalImages;
let asked: string[];
let configured: string[];
let logged: string[];

async function open({ programs = true }: { programs?: boolean } = {}): Promise<void> {
  store = await ImageStore.open(join(scratch, 'store'));
  images = new LocalImages({
    store,
    machine: machinePlatform(),
    folder: new ImageFolder(
      folder,
      machinePlatform(),
      () => store.layers.temporary(),
      (_, fields) => void logged.push(String(fields?.['error'])),
    ),
    ...(programs && { programs: new HostPrograms() }),
    registries: {
      async pull({ name }): Promise<Image> {
        asked.push(name);
        throw new PullError('no registry here');
      },
      isConfigured: (registry) => configured.includes(registry),
    },
  });
}
beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'ku7s-images-'));
  folder = join(scratch, 'given');
  mkdirSync(folder);
  [asked, configured, logged] = [[], [], []];
  await open();
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const layer = (...entries: ArchiveEntry[]): Promise<Buffer> => archive(entries);
const pull = (reference: string): Promise<Image> => images.pull(reference, undefined, new AbortController().signal);
const layersOf = (image: Image | undefined): readonly string[] =>
  image?.root.kind === 'layers' ? image.root.layers : [];
const contentOf = (image: Image | undefined, path: string): string =>
  readFileSync(join(layersOf(image).findLast((each) => existsSync(join(each, path))) ?? '', path), 'utf8');

function writeLayout(directory: string, built: Readonly<Record<string, BuiltImage>>): void {
  for (const { name, content = '' } of layoutFiles(built)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
}
const one = async (text: string, config: Record<string, unknown> = {}): Promise<BuiltImage> =>
  buildImage([await layer({ name: 'hello', content: text })], config);

describe('what is dropped into the folder is found', () => {
  const forms: Record<string, (path: string, built: BuiltImage) => Promise<void>> = {
    'the folder itself as a layout': async (_path, built) => writeLayout(folder, { 'example.com/app:1': built }),
    'a layout': async (path, built) => writeLayout(path, { 'example.com/app:1': built }),
    'the archive of a layout': async (path, built) =>
      writeFileSync(`${path}.tar`, await archive(layoutFiles({ 'example.com/app:1': built }))),
    'a compressed archive without a name that tells': async (path, built) =>
      writeFileSync(path, gzipSync(await archive(layoutFiles({ 'example.com/app:1': built })))),
    'what docker save writes': async (path) =>
      writeFileSync(
        `${path}.tar`,
        await archive(savedFiles([await layer({ name: 'hello', content: 'x' })], ['example.com/app:1'])),
      ),
    'what docker save writes, compressed': async (path) =>
      writeFileSync(
        `${path}.tgz`,
        gzipSync(await archive(savedFiles([await layer({ name: 'hello', content: 'x' })], ['example.com/app:1']))),
      ),
  };
  test.each(Object.keys(forms))('%s', async (form) => {
    expect(await images.present('example.com/app:1')).toBeUndefined();
    const built = await one('x');
    await forms[form]?.(join(folder, 'some'), built);
    const image = await images.present('example.com/app:1');
    expect(contentOf(image, 'hello')).toBe('x');
    expect(image).toMatchObject({ id: built.configDigest, repoTags: ['example.com/app:1'], fromRegistry: false });
    expect(await images.present(built.configDigest)).toMatchObject({ id: built.configDigest });
    expect((await pull('example.com/app:1')).id).toBe(built.configDigest);
    expect(asked).toEqual([]);
    // and what is gone from the folder is still in the store
    rmSync(folder, { recursive: true });
    expect((await images.present('example.com/app:1'))?.id).toBe(built.configDigest);
  });

  test.skipIf(!existsSync('/usr/bin/zstd'))('an archive compressed with zstd', async () => {
    writeFileSync(join(scratch, 'a.tar'), await archive(layoutFiles({ 'example.com/app:1': await one('z') })));
    execFileSync('zstd', ['-q', join(scratch, 'a.tar'), '-o', join(folder, 'a.tar.zst')]);
    expect(contentOf(await images.present('example.com/app:1'), 'hello')).toBe('z');
  });

  test.each([
    ['busybox', '1.36', 'docker.io/library/busybox:1.36'],
    ['busybox', '', 'docker.io/library/busybox:latest'],
    ['example.com/team/app', '2', 'example.com/team/app:2'],
  ])('a layout called %s with tag %j is %s', async (path, tag, name) => {
    writeLayout(join(folder, path), { [tag]: await one(name) });
    expect(contentOf(await images.present(name), 'hello')).toBe(name);
  });

  it('by digest, and by each of its names', async () => {
    const built = await one('x');
    writeLayout(join(folder, 'a'), { 'example.com/app:1': built, 'example.com/other:2': built });
    const image = await images.present(`example.com/app@${built.manifestDigest}`);
    expect(image?.repoDigests).toContain(`example.com/app@${built.manifestDigest}`);
    expect(await images.present('example.com/other:2')).toMatchObject({ id: image?.id });
  });

  it('again when it has changed', async () => {
    const write = async (text: string) => {
      writeFileSync(join(folder, 'new'), await archive(layoutFiles({ 'example.com/app:1': await one(text) })));
      renameSync(join(folder, 'new'), join(folder, 'a.tar'));
    };
    await write('first');
    expect(contentOf(await images.present('example.com/app:1'), 'hello')).toBe('first');
    await write('second');
    expect(contentOf(await images.present('example.com/app:1'), 'hello')).toBe('second');
    // the first is there, without a name
    expect((await images.list()).map(({ repoTags }) => repoTags)).toEqual([[], ['example.com/app:1']]);
  });

  it('when all of it has come, and not before', async () => {
    const built = await one('x');
    const bytes = await archive(layoutFiles({ 'example.com/app:1': built }));
    writeFileSync(join(folder, 'a.tar'), bytes.subarray(0, bytes.length / 2));
    writeLayout(join(folder, 'b'), { 'example.com/b:1': built });
    rmSync(join(folder, 'b/blobs/sha256', built.manifestDigest.slice(7)));
    expect(await images.present('example.com/app:1')).toBeUndefined();
    expect(await images.present('example.com/b:1')).toBeUndefined();
    expect(logged.length).toBe(2);
    writeFileSync(join(folder, 'a.tar'), bytes);
    writeLayout(join(folder, 'b'), { 'example.com/b:1': built });
    expect((await images.present('example.com/app:1'))?.id).toBe(built.configDigest);
    expect((await images.present('example.com/b:1'))?.id).toBe(built.configDigest);
  });

  it('for this machine alone', async () => {
    const here = await one('here');
    const there = buildImage(
      [await layer({ name: 'hello', content: 'there' })],
      {},
      { os: 'linux', architecture: 's390x' },
    );
    writeLayout(join(folder, 'a'), { 'example.com/app:1': here });
    writeLayout(join(folder, 'b'), { 'example.com/there:1': there });
    expect(contentOf(await images.present('example.com/app:1'), 'hello')).toBe('here');
    await expect(pull('example.com/there:1')).rejects.toThrow('no match for platform');
  });
});

describe('what is broken in the folder is told and does no harm', () => {
  const broken: Record<string, (built: BuiltImage) => Promise<Buffer>> = {
    'a layer that is another': async (built) => {
      const bytes = gzipSync(await layer({ name: 'hello', content: 'other' }));
      const files = layoutFiles({ 'example.com/app:1': built });
      const name = `blobs/${built.layers[0]?.digest.replace(':', '/')}`;
      return archive(
        files.map((file) =>
          file.name === name
            ? {
                ...file,
                content: Buffer.concat([bytes, Buffer.alloc(built.layers[0]!.bytes.length)]).subarray(
                  0,
                  built.layers[0]!.bytes.length,
                ),
              }
            : file,
        ),
      );
    },
    'a manifest that is another': async (built) =>
      archive(
        layoutFiles({
          'example.com/app:1': {
            ...built,
            blobs: new Map([
              ...built.blobs,
              [built.manifestDigest, Buffer.from(built.manifest.toString().replace('2', '3'))],
            ]),
          },
        }),
      ),
    'an index that is no JSON': async () => archive([{ name: 'index.json', content: 'x' }]),
    'links in a circle': async () =>
      archive([
        { name: 'index.json', type: 'symlink', linkname: 'other' },
        { name: 'other', type: 'symlink', linkname: 'index.json' },
      ]),
    'a link that leads out': async () =>
      archive([{ name: 'index.json', type: 'symlink', linkname: '../../../../etc/passwd' }]),
    'a manifest of docker save that leads out': async () =>
      archive([
        {
          name: 'manifest.json',
          content: JSON.stringify([{ Config: '../../etc/passwd', RepoTags: ['example.com/app:1'], Layers: [] }]),
        },
      ]),
    nothing: async () => archive([{ name: 'x' }]),
    'no archive': async () => Buffer.from('text'.repeat(500)),
  };
  test.each(Object.keys(broken))('%s', async (name) => {
    writeFileSync(join(folder, 'bad.tar'), (await broken[name]?.(await one('x'))) ?? '');
    writeLayout(join(folder, 'good'), { 'example.com/good:1': await one('good') });
    await expect(pull('example.com/app:1')).rejects.toThrow('failed to pull and unpack image "example.com/app:1"');
    expect(contentOf(await images.present('example.com/good:1'), 'hello')).toBe('good');
  });

  it('a layout with a link that leads out of it', async () => {
    writeLayout(join(folder, 'a'), { 'example.com/app:1': await one('x') });
    rmSync(join(folder, 'a/index.json'));
    execFileSync('ln', ['-s', '/etc/passwd', join(folder, 'a/index.json')]);
    expect(await images.present('example.com/app:1')).toBeUndefined();
  });
});

describe('where an image comes from', () => {
  const DIGEST = `sha256:${'a'.repeat(64)}`;
  it('first the folder, then the store, then programs of the machine, then registries', async () => {
    expect((await images.present('busybox:1'))?.id).toBe('host:docker.io/library/busybox:1');
    expect((await pull('busybox:1')).id).toBe('host:docker.io/library/busybox:1');
    writeLayout(join(folder, 'busybox'), { 1: await one('real') });
    expect(contentOf(await images.present('busybox:1'), 'hello')).toBe('real');
    expect(contentOf(await pull('busybox:1'), 'hello')).toBe('real');
    rmSync(join(folder, 'busybox'), { recursive: true });
    expect(contentOf(await images.present('busybox:1'), 'hello')).toBe('real');
    await expect(pull('busybox:1')).rejects.toThrow('no registry here');
    expect(asked).toEqual(['docker.io/library/busybox:1']);
  });

  test.each([
    ['a name that the catalogue does not know', 'example.com/app:1', {}],
    ['a digest', `busybox@${DIGEST}`, {}],
    ['a registry that the owner has set up', 'busybox:1', { set: true }],
    ['every name when nothing is to stand for an image', 'busybox:1', { programs: false }],
  ])(
    'registries alone for %s',
    async (_name, reference, { set = false, programs = true }: { set?: boolean; programs?: boolean }) => {
      if (set) configured.push('docker.io');
      await open({ programs });
      expect(await images.present(reference)).toBeUndefined();
      await expect(pull(reference)).rejects.toThrow('no registry here');
    },
  );
});

describe('the store', () => {
  it('is there as it was after a restart, and what was under way is gone', async () => {
    writeLayout(join(folder, 'a'), {
      'example.com/app:1': await one('x', {
        Entrypoint: ['/x'],
        Env: ['A=b=c', 'D='],
        User: '7',
        StopSignal: 'SIGQUIT',
        Volumes: { '/v': {} },
        WorkingDir: '/w',
        ExposedPorts: { '80/tcp': {} },
      }),
    });
    const before = await images.present('example.com/app:1');
    const aside = await store.layers.temporary();
    writeFileSync(join(aside, 'half'), 'x');
    mkdirSync(join(scratch, 'store/layers/77/fs'), { recursive: true });
    rmSync(folder, { recursive: true });
    await open();
    expect(await images.present('example.com/app:1')).toEqual(before);
    expect(before?.config).toEqual({
      entrypoint: ['/x'],
      cmd: [],
      env: { A: 'b=c', D: '' },
      user: '7',
      workingDir: '/w',
      volumes: ['/v'],
      stopSignal: 'SIGQUIT',
      exposedPorts: ['80/tcp'],
    });
    expect(readdirSync(join(scratch, 'store/tmp'))).toEqual([]);
    expect(readdirSync(join(scratch, 'store/layers'))).toEqual(['1']);
    expect(statSync(join(scratch, 'store')).mode & 0o777).toBe(0o700);
  });

  it('has each layer once, and removes it with the last image that has it', async () => {
    const base = await layer({ name: 'base', content: 'b' });
    const [a, b] = [buildImage([base, await layer({ name: 'a' })]), buildImage([base, await layer({ name: 'b' })])];
    writeLayout(join(folder, 'x'), { 'example.com/a:1': a, 'example.com/b:1': b });
    const all = await Promise.all(['a', 'b', 'a', 'b'].map((name) => images.present(`example.com/${name}:1`)));
    expect(layersOf(all[0])[0]).toBe(layersOf(all[1])[0]);
    expect(readdirSync(join(scratch, 'store/layers')).length).toBe(3);
    await images.remove(a.configDigest);
    expect(readdirSync(join(scratch, 'store/layers')).length).toBe(2);
    expect(existsSync(join(layersOf(all[1])[0] ?? '', 'base'))).toBe(true);
    await images.remove(b.configDigest);
    expect(readdirSync(join(scratch, 'store/layers'))).toEqual([]);
    expect(await images.list()).toEqual([]);
    expect(await images.usage()).toMatchObject({ usedBytes: 0, inodesUsed: 0 });
  });

  it('keeps no part of an image that could not be unpacked', async () => {
    const bad = buildImage([await layer({ name: 'ok' }), await layer({ name: '../evil' })]);
    writeLayout(join(folder, 'x'), { 'example.com/a:1': bad });
    await expect(pull('example.com/a:1')).rejects.toThrow('leads out of the layer');
    expect(await images.list()).toEqual([]);
    await open();
    expect(readdirSync(join(scratch, 'store/layers'))).toEqual([]);
  });
});

test('layers are one folder by what each hides', async () => {
  const archives = await Promise.all([
    layer(
      { name: 'a/1', content: 'low' },
      { name: 'a/2', content: 'low' },
      { name: 'b/1', content: 'low' },
      { name: 'c', content: 'low' },
      { name: 'd/x' },
    ),
    layer(
      { name: 'a/.wh.1' },
      { name: 'a/2', content: 'high' },
      { name: 'b/.wh..wh..opq' },
      { name: 'b/2', content: 'high' },
      { name: 'c/x', content: 'high' },
      { name: 'd', type: 'symlink', linkname: '/etc' },
    ),
    layer({ name: 'd/passwd', content: 'own' }),
  ]);
  writeLayout(join(folder, 'x'), { 'example.com/a:1': buildImage(archives) });
  const target = join(scratch, 'store/merged');
  mkdirSync(target);
  await mergeLayers(layersOf(await images.present('example.com/a:1')), target);
  const read = (path: string): string => readFileSync(join(target, path), 'utf8');
  expect(readdirSync(target).toSorted()).toEqual(['a', 'b', 'c', 'd']);
  expect([
    readdirSync(join(target, 'a')),
    read('a/2'),
    readdirSync(join(target, 'b')),
    read('b/2'),
    read('c/x'),
    read('d/passwd'),
  ]).toEqual([['2'], 'high', ['2'], 'high', 'high', 'own']);
  expect(digestOf(readFileSync('/etc/passwd'))).not.toBe(digestOf('own'));
});
