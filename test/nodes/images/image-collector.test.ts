import { beforeEach, describe, expect, it, test } from 'vitest';
import { ImageCollector } from '../../../src/nodes/images/image-collector.ts';
import type { Image, ImageService } from '../../../src/nodes/images/image-service.ts';
import { imagesOf } from '../../../src/nodes/images/images-of-pods.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const MINUTE = 60_000;
const image = (name: string, size: number, more: Partial<Image> = {}): Image => ({
  id: `sha256:${name}`,
  repoTags: [`example.com/${name}:1`],
  repoDigests: [`example.com/${name}@sha256:${name.repeat(64).slice(0, 64)}`],
  size,
  config: { entrypoint: [], cmd: [], env: {}, user: '', workingDir: '', volumes: [], stopSignal: '', exposedPorts: [] },
  root: { kind: 'layers', layers: [] },
  ...more,
});

let clock: FakeClock;
let images: Image[];
let used: string[];
let warnings: string[];
let kept: string[][];
let available: number;
let collector: ImageCollector;

beforeEach(() => {
  clock = new FakeClock();
  [images, used, warnings, kept, available] = [[], [], [], [], 500];
  const service: ImageService = {
    list: async () => [...images],
    present: async () => undefined,
    pull: () => Promise.reject(new Error('none')),
    async remove(id) {
      available += images.find((each) => each.id === id)?.size ?? 0;
      images = images.filter((each) => each.id !== id);
    },
    usage: async () => ({ usedBytes: 0, inodesUsed: 0, capacityBytes: 1000, availableBytes: available }),
  };
  collector = new ImageCollector({
    service,
    clock,
    log: () => undefined,
    warn: (reason, message) => void warnings.push(`${reason} ${message}`),
    inUse: () => used,
    kept: (ids) => void kept.push([...ids]),
  });
});
const names = (): string[] => images.map(({ id }) => id.slice('sha256:'.length));

describe('images are removed', () => {
  it.each([
    [160, ['a', 'b', 'c']],
    [150, ['c']],
    [140, ['c']],
    [190, ['a', 'b', 'c']],
  ])('when of 1000 bytes %d are free: then there are %j', async (free, left) => {
    images = [image('a', 30), image('b', 30), image('c', 30)];
    await collector.collect();
    await clock.advance(3 * MINUTE);
    available = free;
    await collector.collect();
    expect(names()).toEqual(left);
    expect(warnings).toEqual([]);
  });

  it('from the one that was not used for longest', async () => {
    images = [image('a', 60), image('b', 60), image('c', 60)];
    for (const name of ['c', 'a', 'b']) {
      used = [`example.com/${name}:1`];
      await collector.collect();
      await clock.advance(3 * MINUTE);
    }
    used = [];
    available = 100;
    await collector.collect();
    expect(names()).toEqual(['b']);
    expect(kept).toEqual([['sha256:b']]);
  });

  it('never when something uses them, by whatever name, when they are the owner’s, or when they came just now', async () => {
    images = ['a', 'b', 'c'].map((name) => image(name, 50));
    images.push(image('pinned', 50, { pinned: true }));
    used = ['sha256:a', 'example.com/b:1', images[2]!.repoDigests[0]!];
    await collector.collect();
    await clock.advance(10 * MINUTE);
    images.push(image('new', 50));
    available = 0;
    await expect(collector.collect()).rejects.toThrow('Insufficient free disk space');
    expect(names()).toEqual(['a', 'b', 'c', 'pinned', 'new']);
    expect(warnings).toEqual([
      "FreeDiskSpaceFailed Insufficient free disk space on the node's image filesystem (100% of 1000 B used). Failed to free sufficient space by deleting unused images (freed 0 bytes). Investigate disk usage, as it could be used by active images, logs, volumes, or other data.",
    ]);
  });

  it('all that nothing uses, when the node is short of disk', async () => {
    images = ['a', 'b', 'c'].map((name) => image(name, 50));
    used = ['sha256:b'];
    await collector.collect();
    await clock.advance(10 * MINUTE);
    expect(await collector.deleteUnused()).toBe(100);
    expect(names()).toEqual(['b']);
  });

  it('every five minutes while the agent runs', async () => {
    images = [image('a', 300)];
    collector.start();
    available = 0;
    await clock.advance(4 * MINUTE);
    expect(names()).toEqual(['a']);
    await clock.advance(MINUTE);
    expect(names()).toEqual([]);
    collector.stop();
  });
});

test('a Node names the fifty largest, each by five names', async () => {
  images = Array.from({ length: 60 }, (_, at) => image(`i${at}`, at));
  images[59]!.repoTags = Array.from({ length: 9 }, (_, at) => `example.com/x:${at}`);
  const told = await collector.forStatus();
  expect(told.length).toBe(50);
  expect(told.map(({ sizeBytes }) => sizeBytes)).toEqual(Array.from({ length: 50 }, (_, at) => 59 - at));
  expect(told[0]?.names?.length).toBe(5);
  expect(told[0]?.names?.[0]).toMatch(/^example.com\/i59@sha256:/);
});

test('the images of pods are what they ask for and what they have, and those of volumes', () => {
  const pod = {
    metadata: { name: 'p', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
    spec: { containers: [], volumes: [{ name: 'v', image: { reference: 'data:1' } }, { name: 'w' }] },
    apiVersion: 'v1' as const,
    kind: 'Pod' as const,
  };
  const containers = [
    { container: { image: 'app:1' }, record: { imageID: 'example.com/app@sha256:1' } },
    { container: { image: 'other' }, record: { imageID: '' } },
  ];
  expect([...imagesOf([{ object: pod, containers }])]).toEqual([
    'app:1',
    'example.com/app@sha256:1',
    'other',
    'data:1',
  ]);
});
