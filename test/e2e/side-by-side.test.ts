import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { eventually, startCluster, type Cluster } from './support/cluster.ts';

/** Command lines of this machine's processes that name a folder. */
const processesOf = (folder: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return text.includes(folder) ? [text] : [];
      } catch {
        return []; // it has just ended
      }
    });

/** Two servers of one machine know nothing of each other, and a stopped one is gone whole. */
describe('two servers side by side', () => {
  let both: Cluster[] = [];
  afterAll(() => Promise.all(both.map((one) => one.remove())));

  it('run pods of the same name and port, and leave no process when they stop', async () => {
    both = await Promise.all([startCluster(), startCluster()]);
    const ok = async (one: Cluster, line: string) => {
      const { code, stdout, stderr } = await one.kubectl(line);
      expect(code === 0 ? '' : stderr, line).toBe('');
      return stdout;
    };
    await Promise.all(
      both.map(async (one, n) => {
        await eventually(
          () => ok(one, 'get nodes --no-headers'),
          (text) => /\sReady\s/.test(text),
        );
        const script = `require("http").createServer((q, s) => s.end("of ${n}")).listen(8080)`;
        await ok(one, `run web --image=node:20 --port=8080 --expose --command -- node -e '${script}'`);
        await ok(one, 'wait pod/web --for=condition=Ready --timeout=110s');
        const path = '/api/v1/namespaces/default/services/web:8080/proxy/';
        await eventually(
          () => one.kubectl(`get --raw ${path}`),
          ({ stdout }) => stdout === `of ${n}`,
        );
      }),
    );
    for (const one of both) expect(await one.stop()).toBe(0);
    if (process.platform === 'linux')
      for (const one of both)
        await eventually(
          async () => processesOf(one.data),
          (left) => left.length === 0,
        );
  });
});
