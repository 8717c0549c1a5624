import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The files of ours that are loaded before a program runs, what it asks for later apart. */
async function loadedBy(entry: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outdir: path.join(root, 'dist'),
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  const outputs = new Map(Object.entries(metafile.outputs));
  const found = new Set([...outputs.keys()].filter((name) => outputs.get(name)?.entryPoint === entry));
  for (const name of found)
    for (const { kind, path: to, external } of outputs.get(name)?.imports ?? [])
      if (kind === 'import-statement' && !external) found.add(to);
  return [...found].flatMap((name) =>
    Object.entries(outputs.get(name)?.inputs ?? {}).flatMap(([file, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [file] : [],
    ),
  );
}

test('a process of the API loads no loops', async () => {
  const loaded = await loadedBy('src/start/program.ts');
  expect(loaded).toContain('src/start/api-server.ts');
  const loops = ['src/start/loops.ts', 'src/addons/all.ts', 'src/reconcilers/all.ts', 'src/nodes/node.ts'];
  expect(loaded.filter((file) => loops.includes(file) || file.startsWith('src/scheduler/'))).toEqual([]);
});

test("kube-apiserver tells its flags, and etcd runs, without the API's program", async () => {
  for (const entry of ['src/start/envtest/kube-apiserver.ts', 'src/start/envtest/etcd.ts'])
    expect((await loadedBy(entry)).filter((file) => /^src\/(kinds|api|rest|resolvers|cel)\//.test(file))).toEqual([]);
});
