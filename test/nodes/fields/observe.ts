import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeNode } from '../pods/fake-node.ts';
import type { TrialPod } from './decision.ts';

/** What can be seen of a pod through its life on a node: what its runtime is told, what it is shown, what is said of it. */
export async function observe({ pod = {}, container = {} }: TrialPod): Promise<string> {
  const node = await FakeNode.open();
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

      [...runtime.attempts.values()].flat().map(({ spec }) => spec),
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
