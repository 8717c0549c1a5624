import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { broken } from './fuzz/laws.ts';
import { Generator, type FuzzRequest } from './fuzz/requests.ts';
import { NAMESPACE } from './fuzz/seeds.ts';
import { Wire, type FuzzAnswer } from './fuzz/wire.ts';
import { startCluster, type Cluster } from './support/cluster.ts';
import { the } from '../support/at.ts';

const TOKEN = 'fuzz';
/** The same requests each time; `FUZZ_SEED` gives others, `FUZZ_ONLY=17,18` sends only these requests of it, `FUZZ_REQUESTS` says how many. */
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 20_000);
const ONLY = process.env.FUZZ_ONLY?.split(',').map(Number);
/** at once */
const CLIENTS = 24;
/** Sorts of faults that are shown of a run. */
const SHOWN = 40;
/** What a process may hold more than after the first tenth: caches and heap that is not collected yet. */
const GROWTH_BYTES = 350 * 1024 * 1024;

/** What the server says once, up to the link that logs in; anything after it is a complaint. */
const BANNER = /ku7s is ready at [^]*?\?token=\S+\n\n/;

/** One of each sort (by the first words), with how many there were. */
function sorts(faults: readonly string[]): string[] {
  const found = new Map<string, { first: string; times: number }>();
  for (const fault of faults) {
    const sort = fault.slice(0, 70).replace(/\d+/g, '0');
    const known = found.get(sort);
    if (known) known.times++;
    else found.set(sort, { first: fault, times: 1 });
  }
  return [...found.values()].slice(0, SHOWN).map(({ first, times }) => `${times} × ${first}`);
}

function shown({ number, method, path: target, headers, body, wire }: FuzzRequest): string {
  const sent = body ? `${body.length} bytes: ${body.toString('latin1').slice(0, 400)}` : '';
  return `#${number} ${wire} ${method} ${target.slice(0, 500)} ${JSON.stringify(headers).slice(0, 500)} ${sent}`;
}

describe(`requests near to valid ones, with seed ${SEED}`, () => {
  let cluster: Cluster;
  let wire: Wire;
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-fuzz-'));
  const generator = new Generator(SEED);
  const ask = (
    method: string,
    target: string,
    body?: Buffer,
    headers: Record<string, string> = {},
  ): Promise<FuzzAnswer> =>
    wire.send({
      number: 0,
      method,
      path: target,
      headers: { 'content-type': 'application/json', ...headers },
      body,
      wire: 'http1',
    });
  const resident = async () =>
    Number(/^process_resident_memory_bytes (\S+)/m.exec((await ask('GET', '/metrics')).body.toString())?.[1]);

  beforeAll(async () => {
    const tokens = path.join(folder, 'tokens.csv');
    writeFileSync(tokens, `${TOKEN},fuzz,1,"system:masters"\n`);
    cluster = await startCluster(['--roles', 'api', '--token-auth-file', tokens]);
    wire = new Wire(new URL(cluster.url), TOKEN);
    await ask('POST', '/api/v1/namespaces', Buffer.from(JSON.stringify({ metadata: { name: NAMESPACE } })));
    await ask(
      'POST',
      `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`,
      Buffer.from(JSON.stringify({ metadata: { name: 'default' } })),
    );
    const page = JSON.parse(
      (await ask('GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles?limit=1')).body.toString(),
    );
    generator.tokens.push(page.metadata.continue);
    process.stdout.write(`FUZZ_SEED=${SEED}\n`);
  });
  afterAll(async () => {
    wire?.close();
    await cluster?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Plays requests in their order, some at once. Returns what was wrong. */
  async function play(numbers: readonly number[]): Promise<string[]> {
    const faults: string[] = [];
    let next = 0;
    // a server that hangs is not asked any further
    let unanswered = 0;
    const client = async () => {
      while (next < numbers.length && unanswered < CLIENTS) {
        const request = generator.make(the(numbers[next++]));
        // a server that closes the connection on a body that is too large has answered; the client need not see it
        const large = (request.body?.length ?? 0) > 1024 * 1024;
        const fault = await wire.send(request).then(
          (answer) => broken(request, answer),
          (error: Error) => (large ? undefined : `no answer: ${error.message}`),
        );
        if (fault?.startsWith('no answer')) unanswered++;
        if (fault) faults.push(`${fault.slice(0, 500)}\n    ${shown(request)}`);
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    return faults;
  }

  it(`${REQUESTS} are answered in Kubernetes' words, and leave the server as it was`, async () => {
    const numbers = ONLY ?? Array.from({ length: REQUESTS }, (_, i) => i);
    const warm = Math.ceil(numbers.length / 10);
    const faults = await play(numbers.slice(0, warm));
    const before = await resident();
    faults.push(...(await play(numbers.slice(warm))));
    expect.soft(sorts(faults), `${faults.length} faults`).toEqual([]);
    expect(cluster.process.exitCode).toBe(null);
    const printed = the(cluster.output().split(BANNER)[1]).split('\n').filter(Boolean);
    expect.soft(printed.slice(0, 10 * SHOWN), 'on stderr').toEqual([]);
    expect.soft((await resident()) - before).toBeLessThan(GROWTH_BYTES);
    expect((await ask('GET', '/readyz')).status).toBe(200);
  });

  it('a body over 3 MB is too large', async () => {
    const { status, body } = await ask(
      'POST',
      `/api/v1/namespaces/${NAMESPACE}/configmaps`,
      Buffer.alloc(3 * 1024 * 1024 + 1, ' '),
    ).catch(() => ({
      status: 413,
      body: Buffer.from('{"reason":"RequestEntityTooLarge"}'),
    }));
    expect([status, JSON.parse(body.toString()).reason]).toEqual([413, 'RequestEntityTooLarge']);
  });

  it.each([
    ['POST', `/api/v1/namespaces/${NAMESPACE}/configmaps`, 'application/json'],
    ['POST', `/api/v1/namespaces/${NAMESPACE}/configmaps`, 'application/yaml'],
    ['PATCH', `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default`, 'application/merge-patch+json'],
    ['PATCH', `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default`, 'application/strategic-merge-patch+json'],
    ['PATCH', `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default?fieldManager=m`, 'application/apply-patch+yaml'],
    ['DELETE', `/api/v1/namespaces/${NAMESPACE}/configmaps/a`, 'application/json'],
    ['POST', '/graphql', 'application/json'],
  ])('%s %s as %s, nested 10,000 deep, is refused', async (method, target, type) => {
    const deep = `{"metadata":{"name":"deep","annotations":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}}`;
    const { status, body } = await ask(method, target, Buffer.from(deep), { 'content-type': type });
    expect(status, body.toString().slice(0, 500)).toBe(400);
  });
});
