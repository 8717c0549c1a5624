import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pod, Volume } from '../../../schema/types.ts';
import { ObjectSource } from '../../../src/nodes/pods/object-source.ts';
import { writeAtomically } from '../../../src/nodes/volumes/atomic-writer.ts';
import { TokenCache } from '../../../src/nodes/volumes/service-account-token.ts';
import { volumeFiles } from '../../../src/nodes/volumes/volume-files.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { givenClient } from '../given-client.ts';

const meta = (name: string) => ({ name, namespace: 'a', uid: name, resourceVersion: '1', creationTimestamp: '' });
const client = givenClient({
  'configmaps a/cm': { metadata: meta('cm'), data: { one: '1', two: '2' }, binaryData: { bin: 'AAE=' } },
  'secrets a/s': { metadata: meta('s'), data: { key: Buffer.from('word').toString('base64') } },
});
const pod: Pod = {
  metadata: { ...meta('p'), labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', resources: { limits: { cpu: '250m' } } }] },
};
const facts = { podIPs: ['10.0.0.1'], hostIP: '192.0.2.1', allocatable: { cpu: '4' } };

/** Path, mode and content of each file of a volume, sorted. */
async function files(volume: Omit<Volume, 'name'>): Promise<string[] | undefined> {
  const clock = new FakeClock();
  const source = new ObjectSource(client, clock);
  const made = await volumeFiles({ name: 'v', ...volume }, { pod, facts, source, client, clock }, new TokenCache());
  return made && [...made].map(([path, { mode, data }]) => `${path} ${mode.toString(8)} ${data.toString()}`).sort();
}

describe('the files of a volume', () => {
  it.each<[string, Omit<Volume, 'name'>, string[] | undefined]>([
    ['a config map', { configMap: { name: 'cm' } }, ['bin 644 \0\x01', 'one 644 1', 'two 644 2']],
    [
      'chosen keys of one, with modes',
      {
        configMap: {
          name: 'cm',
          defaultMode: 0o440,
          items: [
            { key: 'one', path: 'deep/1' },
            { key: 'two', path: '2', mode: 0o600 },
          ],
        },
      },
      ['2 600 2', 'deep/1 440 1'],
    ],
    ['one that may be missing', { configMap: { name: 'none', optional: true } }, []],
    [
      'a key that may be missing',
      { configMap: { name: 'cm', optional: true, items: [{ key: 'none', path: 'x' }] } },
      [],
    ],
    ['a secret', { secret: { secretName: 's', defaultMode: 0o400 } }, ['key 400 word']],
    [
      'the downward API',
      {
        downwardAPI: {
          items: [
            { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
            {
              path: 'cpu',
              mode: 0o600,
              resourceFieldRef: { containerName: 'c', resource: 'limits.cpu', divisor: '1m' },
            },
          ],
        },
      },
      ['cpu 600 250', 'labels 644 app="web"'],
    ],
    [
      'several sources, the last of a path',
      {
        projected: {
          defaultMode: 0o444,
          sources: [
            { configMap: { name: 'cm', items: [{ key: 'one', path: 'x' }] } },
            { secret: { name: 's', items: [{ key: 'key', path: 'x' }] } },
          ],
        },
      },
      ['x 444 word'],
    ],
    ['no other volume', { emptyDir: {} }, undefined],
  ])('are those of %s', async (_, volume, expected) => {
    expect(await files(volume)).toEqual(expected);
  });

  it.each<[Omit<Volume, 'name'>, string]>([
    [{ configMap: { name: 'none' } }, 'configmap "none" not found'],
    [{ secret: { secretName: 'none' } }, 'secret "none" not found'],
    [{ configMap: { name: 'cm', items: [{ key: 'k', path: 'k' }] } }, 'references non-existent config key: k'],
    [{ secret: { secretName: 's', items: [{ key: 'k', path: 'k' }] } }, 'references non-existent secret key: k'],
  ])('of %j fail', async (volume, message) => {
    await expect(files(volume)).rejects.toThrow(message);
  });
});

it.each([
  [{ audience: 'vault' }, { audiences: ['vault'], expirationSeconds: 3600 }],
  [{ expirationSeconds: 700 }, { audiences: [], expirationSeconds: 700 }],
])('a token with %j is asked for with %j, and lies at its path', async (wish, spec) => {
  const clock = new FakeClock();
  const asked: unknown[] = [];
  const status = { token: 'secret', expirationTimestamp: new Date(clock.now() + 1e6).toISOString() };
  const tokens = {
    ...client,
    async create(_: string, request: object) {
      asked.push(request);
      return { ...request, status };
    },
  };
  const source = new ObjectSource(client, clock);
  const volume = { name: 'v', projected: { sources: [{ serviceAccountToken: { ...wish, path: 'deep/token' } }] } };
  const context = { pod, facts, source, client: tokens as unknown as typeof client, clock };
  const made = await volumeFiles(volume, context, new TokenCache());
  expect(asked).toMatchObject([{ kind: 'TokenRequest', spec }]);
  expect(made?.get('deep/token')?.data.toString()).toBe('secret');
});

describe('an atomic write', () => {
  let root: string;
  beforeAll(() => void (root = mkdtempSync(join(tmpdir(), 'ku7s-volume-'))));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const write = (entries: Record<string, string>, now: number) =>
    writeAtomically(
      root,
      new Map(Object.entries(entries).map(([path, text]) => [path, { data: Buffer.from(text), mode: 0o640 }])),
      now,
    );
  const visible = () =>
    readdirSync(root)
      .filter((name) => !name.startsWith('..'))
      .sort();

  it('shows all files through one link, which moves only when something changes', async () => {
    expect(await write({ a: '1', 'deep/b': '2' }, 1000)).toBe(true);
    expect(visible()).toEqual(['a', 'deep']);
    expect(readFileSync(join(root, 'deep/b'), 'utf8')).toBe('2');
    expect(statSync(join(root, 'a')).mode & 0o777).toBe(0o640);
    const before = readlinkSync(join(root, '..data'));
    expect(await write({ a: '1', 'deep/b': '2' }, 2000)).toBe(false);
    expect(readlinkSync(join(root, '..data'))).toBe(before);
    expect(await write({ a: '2', c: '3' }, 3000)).toBe(true);
    expect(visible()).toEqual(['a', 'c']);
    expect(readFileSync(join(root, 'a'), 'utf8')).toBe('2');
    expect(readdirSync(root)).not.toContain(before);
  });

  it('does not leave the volume', async () => {
    await write({ '../../out': 'x' }, 4000);
    expect(visible()).toEqual(['out']);
  });
});
