import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { parseReference } from '../../../../src/nodes/images/image-reference.ts';
import type { Image, RegistryCredential } from '../../../../src/nodes/images/image-service.ts';
import { machinePlatform } from '../../../../src/nodes/images/oci/platform.ts';
import {
  NO_REGISTRY_CONFIG,
  readRegistryConfig,
  type RegistryConfig,
} from '../../../../src/nodes/images/registry/registry-config.ts';
import { RegistryImages } from '../../../../src/nodes/images/registry/registry-images.ts';
import { ImageStore } from '../../../../src/nodes/images/store/image-store.ts';
import { makeAuthority, makeCertificate } from '../../../../src/start/certificates.ts';
import type { Clock } from '../../../../src/rules/clock.ts';
import {
  archive,
  buildImage,
  digestOf,
  goArchitecture,
  INDEX_TYPE,
  MANIFEST_TYPE,
  type BuiltImage,
} from '../../../support/image-archive.ts';
import { fail, sendBlob, TestRegistry } from '../../../support/test-registry.ts';

let scratch: string;
let registry: TestRegistry;
let store: ImageStore;
let images: RegistryImages;
let built: BuiltImage;
let waits: number[];
const jane: RegistryCredential = { username: 'jane', password: 'secret-word' };

/** What waits for another attempt does not wait here. */
const hasty: Clock = {
  now: () => Date.now(),
  setTimeout: (run, ms) => {
    waits.push(ms);
    return setImmediate(run);
  },
  clearTimeout: (handle) => clearImmediate(handle as NodeJS.Immediate),
};
const use = (config: RegistryConfig): void => {
  images?.close();
  images = new RegistryImages(store, config, machinePlatform(), hasty);
};

beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'ku7s-registry-'));
  registry = await TestRegistry.open();
  store = await ImageStore.open(join(scratch, 'store'));
  waits = [];
  use(NO_REGISTRY_CONFIG);
  built = buildImage(
    [
      await archive([{ name: 'hello', content: randomBytes(200_000) }]),
      await archive([{ name: 'world', content: 'w' }]),
    ],
    { Entrypoint: ['/hello'] },
  );
  registry.push('team/app', '1', built);
});
afterEach(async () => {
  images.close();
  await registry.close();
  rmSync(scratch, { recursive: true, force: true });
});

function pull(
  rest = 'team/app:1',
  credential?: RegistryCredential,
  host = registry.host,
  signal = new AbortController().signal,
): Promise<Image> {
  const reference = parseReference(`${host}/${rest}`);
  if (typeof reference === 'string') throw new Error(reference);
  return images.pull(reference, credential, signal);
}
const gets = (part: string): string[] => registry.seen.filter(({ url }) => url.includes(part)).map(({ url }) => url);
const leftovers = (): string[] => [
  ...readdirSync(join(scratch, 'store/tmp')),
  ...readdirSync(join(scratch, 'store/layers')),
];

describe('an image', () => {
  it('comes with its config and layers', async () => {
    const image = await pull();
    expect(image).toMatchObject({
      id: built.configDigest,
      repoTags: [`${registry.host}/team/app:1`],
      repoDigests: [`${registry.host}/team/app@${built.manifestDigest}`],
      config: { entrypoint: ['/hello'] },
      fromRegistry: true,
    });
    const layers = image.root.kind === 'layers' ? image.root.layers : [];
    expect(readFileSync(join(layers[1] ?? '', 'world'), 'utf8')).toBe('w');
    expect(readdirSync(join(scratch, 'store/tmp'))).toEqual([]);
  });

  it('that is there is asked for again, and its layers are not', async () => {
    await pull();
    registry.seen.splice(0);
    await pull();
    expect(gets('/manifests/').length).toBe(1);
    expect(gets(built.layers[0]?.digest ?? '-').length).toBe(0);
  });

  it('by digest has that digest and no tag', async () => {
    const image = await pull(`team/app@${built.manifestDigest}`);
    expect(image).toMatchObject({ repoTags: [], repoDigests: [`${registry.host}/team/app@${built.manifestDigest}`] });
  });

  it('of an index is that of this machine', async () => {
    const entry = (of: BuiltImage, platform: object) => ({
      mediaType: MANIFEST_TYPE,
      digest: of.manifestDigest,
      size: of.manifest.length,
      platform,
    });
    const other = buildImage([await archive([{ name: 'no' }])], {}, { os: 'linux', architecture: 's390x' });
    registry.push('team/app', 'other', other);
    const manifests = [
      entry(other, { os: 'windows', architecture: goArchitecture }),
      entry(other, { os: 'linux', architecture: 's390x' }),
      entry(other, { os: 'unknown', architecture: 'unknown' }),
      entry(built, { os: 'linux', architecture: goArchitecture }),
    ];
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests }));
    registry.manifest('team/app', ['multi'], INDEX_TYPE, index);
    const image = await pull('team/app:multi');
    expect(image.id).toBe(built.configDigest);
    expect(image.repoDigests).toEqual([`${registry.host}/team/app@${digestOf(index)}`]);
    const none = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests: manifests.slice(0, 2) }),
    );
    registry.manifest('team/app', ['none'], INDEX_TYPE, none);
    await expect(pull('team/app:none')).rejects.toThrow(
      `no match for platform linux/${goArchitecture} in manifest; it has: windows/${goArchitecture}, linux/s390x`,
    );
  });

  it("with Docker's types is the same", async () => {
    const text = built.manifest
      .toString()
      .replaceAll('application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json')
      .replaceAll('application/vnd.oci.image.config.v1+json', 'application/vnd.docker.container.image.v1+json')
      .replaceAll('application/vnd.oci.image.layer.v1.tar+gzip', 'application/vnd.docker.image.rootfs.diff.tar.gzip');
    registry.manifest(
      'team/app',
      ['docker'],
      'application/vnd.docker.distribution.manifest.v2+json',
      Buffer.from(text),
    );
    expect((await pull('team/app:docker')).id).toBe(built.configDigest);
  });
});

describe('a registry that does wrong is told, and leaves nothing behind', () => {
  const replace = (
    change: (
      manifest: {
        layers: { size: number; digest: string; mediaType: string }[];
        config: { mediaType: string; size: number };
      } & Record<string, unknown>,
    ) => void,
  ): void => {
    const manifest = JSON.parse(built.manifest.toString()) as Parameters<typeof change>[0];
    change(manifest);
    registry.manifest('team/app', ['1'], MANIFEST_TYPE, Buffer.from(JSON.stringify(manifest)));
  };
  const blob = (bytes: Buffer): void => void registry.blobs.set(built.layers[0]!.digest, bytes);
  const wrong: Record<string, [() => void, string]> = {
    'no such tag': [() => registry.manifests.clear(), 'team/app:1: not found'],
    'another blob of the same size': [() => blob(randomBytes(built.layers[0]!.bytes.length)), 'has the digest sha256:'],
    'a blob that is longer': [() => blob(Buffer.concat([built.layers[0]!.bytes, Buffer.from('x')])), 'is larger than'],
    'a blob that is shorter': [() => blob(built.layers[0]!.bytes.subarray(0, 1000)), 'ended after 1000 of'],
    'no such blob': [() => void registry.blobs.delete(built.layers[0]!.digest), 'unexpected status 404'],
    'another config': [
      () => void registry.blobs.set(built.configDigest, Buffer.from(built.config.toString().replace('hello', 'world'))),
      'has the digest sha256:',
    ],
    'a manifest that is too large': [
      () => registry.manifest('team/app', ['1'], MANIFEST_TYPE, Buffer.alloc(5 * 2 ** 20, ' ')),
      'more than 4194304 bytes',
    ],
    'a manifest that is no JSON': [
      () => registry.manifest('team/app', ['1'], MANIFEST_TYPE, Buffer.from('<html>')),
      'the manifest is not a JSON object',
    ],
    'a manifest of the first schema': [
      () =>
        registry.manifest(
          'team/app',
          ['1'],
          'application/vnd.docker.distribution.manifest.v1+prettyjws',
          Buffer.from('{"schemaVersion":1}'),
        ),
      'manifest.v1+json" is not supported',
    ],
    'an artifact that is no image': [
      () => replace((manifest) => (manifest.config.mediaType = 'application/vnd.oci.empty.v1+json')),
      'this is no image',
    ],
    'a layer of an unknown type': [
      () => replace((manifest) => (manifest.layers[0]!.mediaType = 'application/x')),
      'a layer of type "application/x" is not supported',
    ],
    'a digest that leads elsewhere': [
      () => replace((manifest) => (manifest.layers[0]!.digest = 'sha256:../../../../etc/passwd')),
      'is malformed',
    ],
    'a size below zero': [() => replace((manifest) => (manifest.layers[0]!.size = -1)), 'is malformed'],
    'a config that is too large': [
      () => replace((manifest) => (manifest.config.size = 2 ** 40)),
      'at most 8388608 are read',
    ],
    'fewer layers than the config names': [
      () => replace((manifest) => void manifest.layers.pop()),
      'the image has 1 layers, and its config names 2',
    ],
    'too many layers': [
      () => replace((manifest) => (manifest.layers = Array.from({ length: 200 }, () => manifest.layers[0]!))),
      'at most 127 are taken',
    ],
    'a layer that is not the one of the config': [
      () => replace((manifest) => void manifest.layers.reverse()),
      'the layer has the digest',
    ],
    'redirects without end': [
      () =>
        (registry.handle = (_request, response, url) => Boolean(response.writeHead(302, { location: url.href }).end())),
      'redirects more than 5 times',
    ],
    'a redirect to a file': [
      () =>
        (registry.handle = (_request, response) =>
          Boolean(response.writeHead(302, { location: 'file:///etc/passwd' }).end())),
      'redirects to no URL',
    ],
    'a page in place of an answer': [
      () =>
        (registry.handle = (_request, response) => Boolean(response.writeHead(400).end('<html>internal-word</html>'))),
      'unexpected status 400',
    ],
    'an error without end': [
      () =>
        (registry.handle = (_request, response) => Boolean(response.writeHead(400).end(Buffer.alloc(2 ** 20, 'x')))),
      'unexpected status 400',
    ],
    'no connection': [() => void registry.close(), 'failed to do request to http://127.0.0.1'],
  };
  test.each(Object.keys(wrong))('%s', async (name) => {
    const [change, message] = wrong[name] ?? [() => undefined, ''];
    change();
    const failed = await pull().catch((error: Error) => error);
    expect(failed).toBeInstanceOf(Error);
    expect((failed as Error).message).toContain(message);
    expect((failed as Error).message).not.toContain('internal-word');
    expect(store.list()).toEqual([]);
    store = await ImageStore.open(join(scratch, 'store'));
    expect(leftovers()).toEqual([]);
  });

  it('a layer that grows without end', async () => {
    const bomb = await archive([{ name: 'zeros', content: Buffer.alloc(200 * 2 ** 20) }]);
    const image = buildImage([bomb]);
    registry.push('team/bomb', '1', image);
    await expect(pull('team/bomb:1')).rejects.toThrow('larger than 134217728 bytes when it is unpacked');
    expect(leftovers()).toEqual([]);
  }, 60_000);
});

describe('a connection that breaks', () => {
  const half = (response: ServerResponse, bytes: Buffer, from: number, status: number, headers: object = {}): void => {
    response.writeHead(status, { 'content-length': bytes.length - from, ...headers });
    response.write(bytes.subarray(from, from + 50_000), () => response.destroy());
  };

  it.each([
    ['is taken up where it did', true],
    ['is begun anew where the server knows no ranges', false],
  ])('%s', async (_name, ranges) => {
    const { digest, bytes } = built.layers[0]!;
    let breaks = 0;
    registry.handle = (request, response, url) => {
      if (!url.pathname.endsWith(digest) || ++breaks > 2) {
        if (!url.pathname.endsWith(digest) || ranges) return false;
        sendBlob(response, bytes, undefined);
        return true;
      }
      const from = ranges ? Number(/\d+/.exec(request.headers.range ?? '0')?.[0]) : 0;
      const more = from ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {};
      half(response, bytes, from, from ? 206 : 200, more);
      return true;
    };
    expect((await pull()).id).toBe(built.configDigest);
    const asked = registry.seen.filter(({ url }) => url.endsWith(digest)).map(({ range }) => range);
    expect(asked.length).toBe(3);
    expect(asked[0]).toBeUndefined();
    expect(asked[2]).toMatch(/^bytes=\d+-$/);
  });

  it('without end is given up', async () => {
    registry.handle = (_request, response, url) => {
      if (!url.pathname.includes('/blobs/')) return false;
      response.destroy();
      return true;
    };
    await expect(pull()).rejects.toThrow();
  });

  it('is given up at once when nobody waits for it', async () => {
    const abort = new AbortController();
    registry.handle = (_request, _response, url) => {
      if (!url.pathname.endsWith(built.layers[0]!.digest)) return false;
      setImmediate(() => abort.abort(new Error('nobody waits')));
      return true;
    };
    await expect(pull('team/app:1', undefined, registry.host, abort.signal)).rejects.toThrow('nobody waits');
    expect(readdirSync(join(scratch, 'store/tmp'))).toEqual([]);
  });

  it('to a busy server is tried again, when that says', async () => {
    let busy = 0;
    registry.handle = (_request, response, url) => {
      if (!url.pathname.includes('/manifests/') || ++busy > 2) return false;
      response.writeHead(busy === 1 ? 429 : 503, busy === 1 ? { 'retry-after': '7' } : {}).end();
      return true;
    };
    expect((await pull()).id).toBe(built.configDigest);
    expect(waits).toEqual([7000, 2000]);
  });
});

describe('authentication', () => {
  /** Asks for a token from itself, and gives one to jane. */
  const tokens = (of = registry, realm = (): string => `http://${of.host}/token`): void => {
    registry.handle = (request, response, url) => {
      if (url.pathname === '/token') {
        const basic = `Basic ${Buffer.from('jane:secret-word').toString('base64')}`;
        if (request.headers.authorization !== basic) return fail(response, 401, 'UNAUTHORIZED', 'no');
        response.end(JSON.stringify({ token: 'the-token', expires_in: 300 }));
        return true;
      }
      if (request.headers.authorization === 'Bearer the-token') return false;
      response.setHeader(
        'www-authenticate',
        `Bearer realm="${realm()}",service="the service",scope="repository:team/app:pull"`,
      );
      return fail(response, 401, 'UNAUTHORIZED', 'authentication required');
    };
  };

  it('by token, once for all that follows', async () => {
    tokens();
    expect((await pull('team/app:1', jane)).id).toBe(built.configDigest);
    expect(gets('/token')).toEqual(['/token?service=the+service&scope=repository%3Ateam%2Fapp%3Apull']);
    expect(
      registry.seen
        .filter(({ authorization }) => authorization?.startsWith('Basic'))
        .every(({ url }) => url.startsWith('/token')),
    ).toBe(true);
  });

  it('by token that is no longer taken is asked for anew', async () => {
    tokens();
    await pull('team/app:1', jane);
    const before = registry.handle;
    let refused = false;
    registry.handle = (request, response, url) => {
      if (refused || url.pathname === '/token') return before(request, response, url);
      refused = true;
      response.setHeader('www-authenticate', `Bearer realm="http://${registry.host}/token"`);
      return fail(response, 401, 'UNAUTHORIZED', 'expired');
    };
    await pull('team/app:1', jane);
    expect(gets('/token').length).toBe(2);
  });

  it('by an identity token, in a body', async () => {
    let body = '';
    registry.handle = async (request, response, url) => {
      if (url.pathname === '/token') {
        for await (const chunk of request) body += String(chunk);
        response.end(JSON.stringify({ access_token: 'the-token' }));
        return true;
      }
      if (request.headers.authorization === 'Bearer the-token') return false;
      response.setHeader('www-authenticate', `Bearer realm="http://${registry.host}/token",service="s"`);
      return fail(response, 401, 'UNAUTHORIZED', 'no');
    };
    await pull('team/app:1', { identityToken: 'refresh-word' });
    expect(new URLSearchParams(body).get('refresh_token')).toBe('refresh-word');
    expect(registry.seen.some(({ url }) => url.includes('refresh-word'))).toBe(false);
  });

  it('by name and password', async () => {
    registry.handle = (request, response) => {
      if (request.headers.authorization?.startsWith('Basic ')) return false;
      response.setHeader('www-authenticate', 'Basic realm="x"');
      return fail(response, 401, 'UNAUTHORIZED', 'no');
    };
    expect((await pull('team/app:1', jane)).id).toBe(built.configDigest);
    await expect(pull('team/app:1')).rejects.toMatchObject({
      unauthorized: true,
      message: expect.stringContaining('pull access denied'),
    });
  });

  const refused: Record<string, () => void> = {
    'of a token server that says no': () => tokens(),
    'without end': () =>
      void (registry.handle = (_request, response, url) => {
        if (url.pathname === '/token') return Boolean(response.end('{"token":"x"}'));
        response.setHeader('www-authenticate', `Bearer realm="http://${registry.host}/token"`);
        return fail(response, 401, 'DENIED', 'never');
      }),
    'without a realm': () =>
      void (registry.handle = (_request, response) => {
        response.setHeader('www-authenticate', 'Bearer service="x"');
        return fail(response, 401, 'DENIED', 'never');
      }),
    'with a realm that is a file': () =>
      void (registry.handle = (_request, response) => {
        response.setHeader('www-authenticate', 'Bearer realm="file:///etc/passwd"');
        return fail(response, 401, 'DENIED', 'never');
      }),
    'with a token that is none': () =>
      void (registry.handle = (_request, response, url) => {
        if (url.pathname === '/token') return Boolean(response.end(JSON.stringify({ token: 'a\r\nhost: evil' })));
        response.setHeader('www-authenticate', `Bearer realm="http://${registry.host}/token"`);
        return fail(response, 401, 'DENIED', 'never');
      }),
  };
  test.each(Object.keys(refused))('%s ends, and shows no secret', async (name) => {
    refused[name]?.();
    const failed = (await pull('team/app:1', { username: 'joe', password: 'hidden-word' }).catch(
      (error: Error) => error,
    )) as Error;
    expect(failed.message).toContain('failed to resolve reference');
    expect(failed.message).not.toContain('hidden-word');
    expect(registry.seen.length).toBeLessThan(10);
  });

  it('is not shown to where a blob is redirected', async () => {
    const other = await TestRegistry.open();
    for (const [digest, bytes] of built.blobs) other.blobs.set(digest, bytes);
    tokens();
    const before = registry.handle;
    registry.handle = async (request, response, url) => {
      const answered = await before(request, response, url);
      if (answered || !url.pathname.includes('/blobs/')) return answered;
      response.writeHead(307, { location: `http://${other.host}${url.pathname}` }).end();
      return true;
    };
    try {
      expect((await pull('team/app:1', jane)).id).toBe(built.configDigest);
      expect(other.seen.length).toBe(3);
      expect(other.seen.map(({ authorization }) => authorization)).toEqual([undefined, undefined, undefined]);
    } finally {
      await other.close();
    }
  });
});

describe('the configuration of registries', () => {
  const write = (text: string): RegistryConfig => {
    writeFileSync(join(scratch, 'registries.yaml'), text);
    return readRegistryConfig(join(scratch, 'registries.yaml'));
  };

  it('asks a mirror first, with what is its own, and the registry when that has not got it', async () => {
    const mirror = await TestRegistry.open();
    const auths = { [mirror.host]: { username: 'mirror', password: 'p' } };
    writeFileSync(join(scratch, 'login.json'), JSON.stringify({ auths }));
    use(
      write(
        `{registries: {"${registry.host}": {mirrors: ["http://${mirror.host}/prefix"], plainHTTP: true}}, credentials: login.json}`,
      ),
    );
    mirror.handle = (request, response) => {
      if (request.headers.authorization) return fail(response, 404, 'MANIFEST_UNKNOWN', 'no');
      response.setHeader('www-authenticate', 'Basic realm="x"');
      return fail(response, 401, 'UNAUTHORIZED', 'no');
    };
    try {
      expect((await pull('team/app:1', jane)).id).toBe(built.configDigest);
      const mine = `Basic ${Buffer.from('mirror:p').toString('base64')}`;
      expect(mirror.seen.map(({ url, authorization }) => [url, authorization])).toEqual([
        ['/prefix/v2/team/app/manifests/1', undefined],
        ['/prefix/v2/team/app/manifests/1', mine],
      ]);
      await expect(pull('team/none:1')).rejects.toThrow('team/none:1: not found');
    } finally {
      await mirror.close();
    }
  });

  it('says whom to trust', async () => {
    const authority = await makeAuthority('ca');
    const pair = await makeCertificate({ commonName: 'registry', organizations: [] }, authority, ['127.0.0.1']);
    const server = createTlsServer({ cert: pair.cert, key: pair.key }, (request, response) => {
      const proxied = new URL(request.url ?? '/', `http://${registry.host}`);
      void fetch(proxied).then(async (answer) => {
        response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
        response.end(Buffer.from(await answer.arrayBuffer()));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      use(write(`{registries: {"${host}": {}}}`));
      await expect(pull('team/app:1', undefined, host)).rejects.toThrow('failed to do request to https://');
      writeFileSync(join(scratch, 'ca.pem'), authority.cert);
      use(write(`{registries: {"${host}": {ca: ca.pem}}}`));
      expect((await pull('team/app:1', undefined, host)).id).toBe(built.configDigest);
      use(write(`{registries: {"${host}": {skipVerify: true}}}`));
      expect((await pull('team/app:1', undefined, host)).id).toBe(built.configDigest);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test.each([
    ['registries: [', 'is no YAML'],
    ['registries: []', 'registries has no settings by name'],
    ['mirrors: {}', 'there is no setting mirrors'],
    ['registries: {a: {mirrors: x}}', 'mirrors is no list of URLs'],
    ['registries: {a: {mirrors: ["ftp://x"]}}', '"ftp://x" is no URL of a mirror'],
    ['registries: {a: {insecure: true}}', 'there is no setting insecure'],
    ['registries: {a: {plainHTTP: "yes"}}', 'plainHTTP and skipVerify are true or false'],
    ['registries: {a: {ca: none.pem}}', 'none.pem'],
    ['credentials: 3', 'credentials is no file'],
  ])('%s is refused', (text, message) => {
    expect(() => write(text)).toThrow(message);
  });
});
