import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Service } from '../../../schema/types.ts';
import { FakeNode } from '../pods/fake-node.ts';
import { CriRuntime } from './cri-runtime.ts';
import type { TrialPod } from './decision.ts';

/** Runtimes that run things. */
export type Running = 'process' | 'containerd';

/** One of the pod's namespace, of which its environment may tell. */
const SERVICE: Service = {
  metadata: { name: 'db', namespace: 'a', uid: 's', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { clusterIP: '10.96.0.77', ports: [{ port: 5432 }] },
};

/** What can be seen of a pod through its life on a node: what its runtime is told, what it is shown, what is said of it. */
export async function observe({ pod = {}, container = {} }: TrialPod, on: Running): Promise<string> {
  const node = await FakeNode.open({
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
    await node.run('p', { automountServiceAccountToken: false, ...spec });
    look('first');
    await node.advance(15_000);
    look('later');
    runtime.attempts.get('c')?.at(-1)?.end(3);
    await node.advance(20_000);
    look('after it failed');
    await node.cluster.deletePod('p');
    await node.advance(3000);
    seen.push([...runtime.journal]);
    await node.advance(57_000);
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

/** What stands in a folder, with modes and texts. */
function tree(directory: string): unknown {
  if (!existsSync(directory)) return {};
  return Object.fromEntries(
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .sort()
      .map((name) => {
        const stat = lstatSync(join(directory, name));
        const text = stat.isFile() && !name.endsWith('state.json') ? readFileSync(join(directory, name), 'utf8') : '';
        return [name, [stat.mode.toString(8), stat.uid, stat.gid, text]];
      }),
  );
}
