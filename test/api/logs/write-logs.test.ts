import { expect, test } from 'vitest';
import { LogWriting } from '../../../src/api/logs/write-logs.ts';

test('a node has few requests under way, so that it leaves the others theirs', async () => {
  const open: (() => void)[] = [];
  const archive: any = { sourcesById: () => new Promise<[]>((resolve) => open.push(() => resolve([]))) };
  const writing = new LogWriting(archive, {} as never, () => 0);
  const busy = 'the archive of the logs is busy';
  const under = ['a', 'a', 'b', 'b', 'c', 'c', 'd'].map((node) => writing.write(node, []));
  await expect(writing.write('a', [])).rejects.toMatchObject({ code: 429, message: busy });
  under.push(writing.write('d', []));
  await expect(writing.write('e', [])).rejects.toMatchObject({ code: 429, message: busy });
  while (open.length < under.length) await Promise.resolve();
  for (const done of open.splice(0)) done();
  await Promise.all(under);
  const again = writing.write('a', []);
  while (!open.length) await Promise.resolve();
  open[0]?.();
  expect(await again).toEqual({ written: true, positions: [] });
});
