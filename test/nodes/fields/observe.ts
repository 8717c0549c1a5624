import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { EphemeralContainer, PodSpec, Service } from '../../../schema/types.ts';
import { logPrefix } from '../../../src/rules/log-line.ts';
import { LogStore } from '../../../src/nodes/logs/log-store.ts';
import type { NodeApi } from '../node-api.ts';
import { FakeNode } from '../pods/fake-node.ts';
import type { FakeContainer } from '../pods/fake-runtime.ts';
import { CriRuntime } from './cri-runtime.ts';
import type { TrialPod } from './decision.ts';
import { atTheBeginning } from './shared-api.ts';

/** Runtimes that run things. */
export type Running = 'process' | 'containerd';

/** One of the pod's namespace, of which its environment may tell. */
const SERVICE: Service = {
  metadata: { name: 'db', namespace: 'a', uid: 's', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { clusterIP: '10.96.0.77', ports: [{ port: 5432 }] },
};

/** What can be seen of a pod through its life on a node: what its runtime is told, what it is shown, what is said of it. */
export const observe = (trial: TrialPod, on: Running): Promise<string> =>
  atTheBeginning((given) => observeIn(given, trial, on));

async function observeIn(
  given: NodeApi,
  { pod = {}, container = {}, ephemeral, deaf, resize }: TrialPod,
  on: Running,
): Promise<string> {
  const node = await FakeNode.open({
    given,
    limits: { services: () => [SERVICE] },
    ...(on === 'containerd' && { makeRuntime: (now: () => number) => new CriRuntime(now) }),
  });
  const { runtime } = node;
  const seen: unknown[] = [];
  runtime.command = (_name, command) => (command[0] === 'fail' ? 1 : 0);
  const look = (what: string): void =>
    void seen.push({ [what]: node.find('p')?.status, files: tree(join(node.directory, 'pods')) });
  try {
    const spec = { containers: [{ name: 'c', image: 'busybox', command: ['run'], ...container }], ...pod };
    runtime.onStart = (started) => {
      if (started.spec.name === WRITER) write(started);
    };
    if (deaf) runtime.deaf.add('c');
    await node.run('p', { automountServiceAccountToken: false, ...spec });
    if (ephemeral) await debug(node, ephemeral);
    if (resize) await change(node, 'resize', { containers: [{ name: 'c', resources: resize }] });
    look('first');
    await node.advance(15_000);
    look('later');
    for (const name of ['c', 'e']) fail(node, name);
    await node.advance(20_000);
    look('after it failed');
    await node.cluster.deletePod('p');
    await node.advance(3000);
    seen.push([...runtime.journal]);
    await node.advance(57_000);
    runtime.deaf.clear();
    seen.push(
      runtime.journal,
      node.events,
      runtime instanceof CriRuntime ? runtime.told : [...runtime.attempts.values()].flat().map(({ spec }) => spec),
    );
    const uid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g;
    return JSON.stringify(seen).replaceAll(node.directory, '').replace(uid, 'UID');
  } finally {
    await node.close();
  }
}

/** An init container that writes variables into each of its mounts. */
export const WRITER = 'writer';
function write(container: FakeContainer): void {
  for (const { source, target } of container.spec.mounts)
    if (target.startsWith('/v')) writeFileSync(join(source, 'f'), "KEY='of a file'\nOTHER='x'\n");
  container.end(0);
}

async function debug(node: FakeNode, more: Partial<EphemeralContainer>): Promise<void> {
  const e = { name: 'e', image: 'busybox', command: ['run'], ...more };
  await change(node, 'ephemeralcontainers', { ephemeralContainers: [e] });
}

async function change(node: FakeNode, subresource: string, spec: Partial<PodSpec>): Promise<void> {
  await node.cluster.client.patch('pods', 'a', 'p', { spec }, { type: 'strategic', subresource });
  await node.advance(0);
}

/** A container that runs says something and ends with 3. */
function fail({ runtime, directory }: FakeNode, name: string): void {
  const last = runtime.attempts.get(name)?.at(-1);
  if (!last) return;
  const { pod, attempt } = last.spec;
  const log = new LogStore(join(directory, 'logs'), () => 0).path(pod, name, attempt);
  mkdirSync(dirname(log), { recursive: true });
  writeFileSync(log, `${logPrefix(0, 'stdout', false)}last words\n`);
  last.end(3);
}

/** What stands in a folder, with modes and texts. */
function tree(directory: string): unknown {
  if (!existsSync(directory)) return {};
  return Object.fromEntries(
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .sort()
      .map((name) => {
        const stat = lstatSync(join(directory, name));
        const text = stat.isFile() && !name.endsWith('state.json') ? readFileSync(join(directory, name), 'utf8') : '';
        return [name, [stat.mode.toString(8), stat.uid, stat.gid, withoutSeal(text)]];
      }),
  );
}

/** Of a token what was asked for it: each has another id and signature. */
function withoutSeal(text: string): unknown {
  const [, payload] = /^ey[\w-]+\.([\w-]+)\.[\w-]+$/.exec(text) ?? [];
  if (payload === undefined) return text;
  const { aud, exp, iat } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  return { aud, exp, iat };
}
