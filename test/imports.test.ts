import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** Who may import whom: every folder, and what stands below it. */
const ALLOWED: Record<string, readonly string[]> = {
  go: [],
  meta: [],
  rules: ['meta'],
  kinds: ['meta', 'rules', 'go'],
  store: ['meta', 'rules', 'go'],
  api: ['meta', 'rules', 'go', 'kinds', 'store'],
  rest: ['meta', 'rules', 'go', 'kinds', 'store', 'api'],
  resolvers: ['meta', 'rules', 'go', 'kinds', 'store', 'api'],
  client: ['meta', 'rules', 'go'],
  control: ['meta', 'rules', 'go', 'client'],
  reconcilers: ['meta', 'rules', 'go', 'client', 'control'],
  scheduler: ['meta', 'rules', 'go', 'client', 'control'],
  nodes: ['meta', 'rules', 'go', 'client', 'control'],
  addons: ['meta', 'rules', 'client', 'control'],
};

const files = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    return statSync(file).isDirectory() ? files(file) : file.endsWith('.ts') ? [file] : [];
  });

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}
const imports: Import[] = files(SRC).flatMap((file) =>
  [
    ...readFileSync(file, 'utf8').matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'"]*?\sfrom\s+)?['"](\.[^'"]+)['"]/gm),
  ].map((m) => ({
    from: path.relative(SRC, file),
    to: path.relative(SRC, path.resolve(path.dirname(file), m[2])),
    typeOnly: m[1] !== undefined,
  })),
);
const folderOf = (file: string) => file.split('/')[0];

describe('imports', () => {
  it('follow the arrows of the design', () => {
    const wrong = imports.filter(({ from, to }) => {
      const [a, b] = [folderOf(from), folderOf(to)];
      return a in ALLOWED && a !== b && b in ALLOWED && !ALLOWED[a].includes(b);
    });
    expect(wrong.map((i) => `${i.from} → ${i.to}`)).toEqual([]);
  });

  it('name no folder that imports everything', () => {
    const up = imports.filter(({ from, to }) => folderOf(from) in ALLOWED && /^(start|main\.ts|thread\.ts)/.test(to));
    expect(up.map((i) => `${i.from} → ${i.to}`)).toEqual([]);
  });

  it('make no cycle', () => {
    const next = new Map<string, string[]>();
    for (const { from, to, typeOnly } of imports) if (!typeOnly) next.set(from, [...(next.get(from) ?? []), to]);
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (file: string, trail: string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        cycles.push([...trail.slice(trail.indexOf(file)), file].join(' → '));
        return;
      }
      state.set(file, 'open');
      for (const target of next.get(file) ?? []) visit(target, [...trail, file]);
      state.set(file, 'done');
    };
    for (const file of next.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });
});
