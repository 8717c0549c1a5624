import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeObject, encodeObject } from '../../src/start/encryption/kms/encrypted-object.ts';
import { KmsProvider } from '../../src/start/encryption/kms/kms-provider.ts';
import { connectPlugin } from '../../src/start/encryption/kms/plugin.ts';
import { decodeFields, encodeFields } from '../../src/start/encryption/kms/wire.ts';
import { Encryption } from '../../src/start/encryption/encryption.ts';
import { openStore } from '../../src/store/open.ts';
import { createDatabase } from '../support/database.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { create, keyOf, update } from '../support/write.ts';
import { TestPlugin } from './kms-plugin.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
const context = Buffer.from('secrets/default/a');
const text = Buffer.from('a secret');

async function pluginOf(): Promise<TestPlugin> {
  const plugin = new TestPlugin();
  await plugin.start();
  ends.push(() => plugin.stop());
  return plugin;
}

/** A provider as an API process has it, at a time that the test moves. */
async function providerOf(
  plugin: TestPlugin,
): Promise<{ provider: KmsProvider; clock: { now: number }; recovered: number[] }> {
  const clock = { now: 1_000_000 };
  const recovered: number[] = [];
  const provider = new KmsProvider({
    name: 'test',
    plugin: connectPlugin(plugin.endpoint, PATIENCE_MS),
    now: () => clock.now,
    log: () => undefined,
    onRecovered: () => recovered.push(clock.now),
  });
  ends.push(() => provider.close());
  await provider.start();
  return { provider, clock, recovered };
}
const MINUTE = 60_000;
const restOf = (provider: KmsProvider, stored: string): string => stored.slice(provider.prefix.length);

describe('KMS v2', () => {
  it('seals any number of objects with one call, and opens them without another', async () => {
    const plugin = await pluginOf();
    const { provider } = await providerOf(plugin);
    const sealed = Array.from({ length: 50 }, () => provider.seal(text, context));
    expect(new Set(sealed).size).toBe(50);
    for (const each of sealed) expect(provider.open(restOf(provider, each), context).plain).toEqual(text);
    expect(plugin.calls).toEqual(['Status', 'Encrypt']);
    expect(sealed[0]).toMatch(/^k8s:enc:kms:v2:test:/);
    expect(() => provider.open(restOf(provider, sealed[0]!), Buffer.from('secrets/default/b'))).toThrow(
      'authentication',
    );
  });

  it('after a restart has the seed decrypted once, and seals with a new one', async () => {
    const plugin = await pluginOf();
    const first = await providerOf(plugin);
    const sealed = [first.provider.seal(text, context), first.provider.seal(text, context)];
    const { provider } = await providerOf(plugin);
    plugin.calls.length = 0;
    const rests = sealed.map((each) => restOf(provider, each));
    expect(() => provider.open(rests[0]!, context)).toThrow('failed to decrypt DEK');
    await provider.prepare(rests);
    for (const rest of rests) expect(provider.open(rest, context)).toEqual({ plain: text, mark: provider.mark });
    expect(plugin.calls).toEqual(['Decrypt']);
  });

  it('makes a new seed when the key has changed; what was sealed before is stale', async () => {
    const plugin = await pluginOf();
    const { provider, clock } = await providerOf(plugin);
    const before = provider.seal(text, context);
    plugin.keyId = 'key-2';
    clock.now += MINUTE;
    await provider.check();
    const opened = provider.open(restOf(provider, before), context);
    expect(opened.plain).toEqual(text);
    expect(opened.mark).not.toBe(provider.mark);
    expect(provider.open(restOf(provider, provider.seal(text, context)), context).mark).toBe(provider.mark);
    expect(plugin.calls).toEqual(['Status', 'Encrypt', 'Status', 'Encrypt']);
  });

  it('writes for three minutes after the plugin was last well, and reads on', async () => {
    const plugin = await pluginOf();
    const { provider, clock } = await providerOf(plugin);
    const before = provider.seal(text, context);
    await plugin.stop();
    clock.now += MINUTE;
    await expect(provider.check()).rejects.toThrow(
      'failed to perform status section of the healthz check for KMS Provider test, error: ',
    );
    expect(provider.seal(text, context)).toBeDefined();
    clock.now += 3 * MINUTE;
    expect(() => provider.seal(text, context)).toThrow(
      /^encryptedDEKSource with keyID hash "sha256:[0-9a-f]{64}" expired at /,
    );
    expect(provider.open(restOf(provider, before), context).plain).toEqual(text);
  });

  it.each<[string, Partial<TestPlugin>, string]>([
    ['a bad health', { healthz: 'no' }, 'got unexpected healthz status: no'],
    ['another version', { version: 'v1' }, 'expected KMSv2 API version v2, got v1'],
    ['no key id', { keyId: '' }, 'keyID is empty'],
    ['a long key id', { keyId: 'x'.repeat(1_025) }, 'keyID is 1025 bytes, which exceeds the max size of 1024'],
    ['another key to encrypt with', { encryptKeyId: 'key-0' }, 'failed to rotate DEK: '],
  ])('%s is told, and nothing is sealed', async (_, mood, why) => {
    const plugin = await pluginOf();
    Object.assign(plugin, mood);
    const { provider, clock } = await providerOf(plugin);
    await expect(provider.check()).rejects.toThrow(`kmsv2 Provider test is not healthy, error: ${why}`);
    if (mood.healthz === undefined && mood.version === undefined)
      expect(() => provider.seal(text, context)).toThrow('got unexpected nil transformer');
    Object.assign(plugin, { healthz: 'ok', keyId: 'key-1', encryptKeyId: undefined });
    clock.now += MINUTE;
    if (mood.version === undefined) await expect(provider.check()).resolves.toBeUndefined();
  });

  it('what could not be opened while the plugin was away is opened when it is back', async () => {
    const plugin = await pluginOf();
    const database = await createDatabase();
    ends.push(() => database.drop());
    const folder = mkdtempSync(path.join(tmpdir(), 'ku7s-kms-'));
    const file = path.join(folder, 'f.yaml');
    const kms = `{kms: {apiVersion: v2, name: test, endpoint: '${plugin.endpoint}', timeout: 5s}}`;
    writeFileSync(
      file,
      `kind: EncryptionConfiguration\napiVersion: apiserver.config.k8s.io/v1\nresources: [{resources: [secrets], providers: [${kms}]}]`,
    );
    const open = async () => {
      const encryption = await Encryption.open({ file, reload: false, log: () => undefined });
      const store = await openStore({
        databaseUrl: database.url,
        keyFile: path.join(folder, 'key'),
        sealer: (own) => encryption.sealer(own),
      });
      ends.push(() => encryption.close());
      ends.push(() => store.close());
      return { encryption, store };
    };
    const key = keyOf('s', 'default', 'secrets');
    const first = await open();
    expect(await first.encryption.check?.()).toBe(true);
    expect(await first.store.commit(create(key, 'value'))).toMatchObject({ ok: true });

    await plugin.stop();
    const { encryption, store } = await open();
    expect(await encryption.check?.()).toBe(false);
    expect(() => store.get(key)?.object).toThrow('failed to decrypt DEK');
    await expect(store.commit(create(keyOf('t', 'default', 'secrets')))).rejects.toThrow(
      'got unexpected nil transformer',
    );
    expect(await store.commit(create(keyOf('c')))).toMatchObject({ ok: true });

    const back = new Promise<void>((resolve) => (encryption.onRecovered = resolve));
    await plugin.start();
    await expect.poll(() => encryption.check?.(), { timeout: PATIENCE_MS }).toBe(true);
    await back;
    store.reopen();
    await expect.poll(() => store.unreadable({ resource: 'secrets' })).toBeUndefined();
    const stored = store.get(key)!;
    expect(stored.object['value']).toBe('value');
    expect(store.isStale(stored)).toBe(false);
    expect(await store.commit(update(key, stored.revision, 'next'))).toMatchObject({ ok: true });
  });
});

describe('its messages', () => {
  const bytes = (max: number) => fc.uint8Array({ minLength: 1, maxLength: max }).map((array) => Buffer.from(array));
  it('are read as they were written', () => {
    fc.assert(
      fc.property(
        bytes(300),
        bytes(200),
        fc.string({ minLength: 1, maxLength: 50 }),
        fc.nat(1),
        bytes(9),
        (data, ciphertext, keyId, type, note) => {
          const object = { data, ciphertext, keyId, type, annotations: new Map([['a.example', note]]) };
          expect(decodeObject(encodeObject(object))).toEqual({ ...object, keyId: Buffer.from(keyId).toString() });
        },
      ),
    );
  });
  it('end in an error and nothing else where they are cut or made up', () => {
    fc.assert(
      fc.property(bytes(64), (junk) => {
        try {
          decodeFields(junk);
        } catch (error) {
          expect((error as Error).message).toBe('proto: cannot parse invalid wire-format data');
        }
      }),
    );
    expect(
      encodeFields([
        [1, ''],
        [2, 0],
        [3, 300],
      ]),
    ).toEqual(Buffer.from([24, 0xac, 2]));
  });
});
