import { get } from 'node:https';
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../src/start/certificates.ts';
import { serveLoops, type LoopsServerOptions } from '../../src/start/loops-server.ts';

/** The API's word: `kim` has the token `kims` and may get /metrics, `lee` has `lees` and may not. */
function apiOf(): { asked: object[]; client: any } {
  const asked: object[] = [];
  const client = {
    as: (user: string) => ({
      async create(resource: string, { spec }: any) {
        if (resource.startsWith('tokenreviews')) {
          const username = { kims: 'kim', lees: 'lee' }[spec.token as string];
          return { status: username ? { authenticated: true, user: { username } } : {} };
        }
        asked.push({ asks: user, ...spec });
        return { status: { allowed: spec.user === 'kim' && spec.nonResourceAttributes.path === '/metrics' } };
      },
    }),
  };
  return { asked, client };
}

describe('numbers of loops apart from the API', () => {
  const closers: (() => void)[] = [];
  afterEach(() => closers.splice(0).forEach((close) => close()));

  async function start(given: Partial<LoopsServerOptions> = {}) {
    const api = apiOf();
    const certificate = await makeCertificate({ commonName: 'loops' }, undefined, ['127.0.0.1']);
    const server = await serveLoops({
      roles: new Set(['controllers'] as const),
      address: '127.0.0.1',
      port: 0,
      certificate: () => Promise.resolve(certificate),
      client: api.client,
      clock: { now: () => 0 },
      metrics: () => ['workqueue_depth{name="job"} 0'],
      log: () => undefined,
      ...given,
    });
    if (server) closers.push(() => server.close());
    const ask = (path: string, token?: string, method = 'GET') =>
      new Promise<{ code: number | undefined; text: string }>((resolve, reject) => {
        const headers = token ? { authorization: `Bearer ${token}` } : {};
        const options = {
          host: '127.0.0.1',
          port: server?.port,
          path,
          method,
          headers,
          ca: certificate.cert,
          agent: false,
        };
        get(options, (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => resolve({ code: response.statusCode, text }));
        }).on('error', reject);
      });
    return { ...api, server, ask };
  }

  it('are for who may get /metrics, as the API says', async () => {
    const { ask, asked } = await start();
    const { code, text } = await ask('/metrics', 'kims');
    expect(code).toBe(200);
    expect(text).toContain('workqueue_depth{name="job"} 0\n');
    expect(text).toContain('process_cpu_seconds_total ');
    expect(asked).toEqual([
      {
        asks: 'system:kube-controller-manager',
        user: 'kim',
        nonResourceAttributes: { verb: 'get', path: '/metrics' },
      },
    ]);
    expect(await ask('/metrics', 'lees')).toEqual({ code: 403, text: 'Forbidden\n' });
    expect(await ask('/metrics', 'nobodys')).toEqual({ code: 401, text: 'Unauthorized\n' });
    expect(await ask('/metrics')).toEqual({ code: 401, text: 'Unauthorized\n' });
    expect((await ask('/metrics', 'kims', 'POST')).code).toBe(405);
  });

  it('tell anybody that the process lives, and nothing else', async () => {
    const { ask, asked } = await start({ roles: new Set(['scheduler', 'nodes'] as const) });
    for (const path of ['/healthz', '/livez', '/readyz?verbose'])
      expect(await ask(path)).toEqual({ code: 200, text: 'ok' });
    expect(asked).toEqual([]);
    expect((await ask('/debug/pprof/', 'kims')).code).toBe(403);
    expect(asked).toMatchObject([{ asks: 'system:kube-scheduler', nonResourceAttributes: { path: '/' } }]);
  });

  it('are told however many connections somebody else keeps open', async () => {
    const { ask, server } = await start();
    const silent = Array.from({ length: 300 }, () => connect(server?.port ?? 0, '127.0.0.1').resume());
    closers.push(() => silent.forEach((socket) => socket.destroy()));
    let ended = 0;
    const all = new Promise<void>((resolve) => {
      // as many as are too many
      for (const socket of silent)
        socket.on('error', () => undefined).once('close', () => (++ended === 44 ? resolve() : undefined));
    });
    await all;
    expect((await ask('/metrics', 'kims')).code).toBe(200);
    expect(ended).toBeLessThan(60);
  });

  it('have no server where there are only nodes', async () => {
    expect((await start({ roles: new Set(['nodes'] as const) })).server).toBeUndefined();
  });

  it('are told nowhere else when the port that was asked for is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    closers.push(() => other.close());
    await expect(start({ port: (other.address() as AddressInfo).port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
