import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));
const DASHBOARD = fileURLToPath(new URL('../dashboard', import.meta.url));

/**
 * The folders, from the lowest to the highest, and which others each may import; its README says the same. All may
 * import what stands beside `src`: the facts in schema/, and the generated Prisma client.
 */
const ALLOWED: Record<string, readonly string[]> = {
  go: [],
  meta: ['go'],
  rules: ['meta', 'go'],
  cel: ['meta', 'go'],
  kinds: ['meta', 'rules', 'go', 'cel'],
  store: ['meta', 'rules', 'go'],
  api: ['meta', 'rules', 'go', 'cel', 'kinds', 'store'],
  rest: ['meta', 'rules', 'go', 'kinds', 'store', 'api'],
  resolvers: ['meta', 'rules', 'go', 'kinds', 'store', 'api'],
  client: ['meta', 'rules', 'go'],
  control: ['meta', 'rules', 'go', 'client'],
  reconcilers: ['meta', 'rules', 'go', 'client', 'control'],
  scheduler: ['meta', 'rules', 'go', 'cel', 'client', 'control'],
  nodes: ['meta', 'rules', 'go', 'client', 'control'],
  addons: ['meta', 'rules', 'go', 'client', 'control'],
};
/** What puts the folders together into a program: imports all, and none of them imports it. */
const PROGRAM = ['main.ts', 'start', 'thread.ts', 'validation.ts'];

const files = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    return statSync(file).isDirectory() ? files(file) : /\.tsx?$/.test(file) ? [file] : [];
  });

interface Import {
  from: string;
  to: string;
}
/** `import … from`, `export … from`, and `import('…')` of a value or a type: what a file knows of another. */
const IMPORTS = [/^(?:import|export)\s+(?:[^'"]*?\sfrom\s+)?['"](\.[^'"]+)['"]/gm, /\bimport\(\s*['"](\.[^'"]+)['"]/g];
const importsOf = (text: string): string[] =>
  IMPORTS.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1]!));

const importsBelow = (root: string): Import[] =>
  files(root).flatMap((file) =>
    importsOf(readFileSync(file, 'utf8')).map((target) => ({
      from: path.relative(root, file),
      to: path.relative(root, path.resolve(path.dirname(file), target)),
    })),
  );
const imports = importsBelow(SRC);
const folderOf = (file: string): string => file.split('/')[0]!;

describe('imports', () => {
  it.each([
    ["import { a } from './a.ts';", ['./a.ts']],
    ["import type {\n  A,\n  B,\n} from '../a.ts';", ['../a.ts']],
    ["import './a.ts';\nexport * from './b.ts';", ['./a.ts', './b.ts']],
    ["const { a } = await import('./a.ts');", ['./a.ts']],
    ["type A = import('./a.ts').A;", ['./a.ts']],
    ["import path from 'node:path';", []],
  ])('are found in %j', (text, expected) => {
    expect(importsOf(text)).toEqual(expected);
  });

  it('are of folders that the table has', () => {
    const known = [...Object.keys(ALLOWED), ...PROGRAM];
    expect(readdirSync(SRC).filter((name) => !known.includes(name))).toEqual([]);
  });

  it.each(Object.keys(ALLOWED))('that %s may make are those that its README names', (folder) => {
    const readme = readFileSync(path.join(SRC, folder, 'README.md'), 'utf8');
    const [sentence = ''] = /May import [^.;]*/.exec(readme) ?? [];
    const named = [...sentence.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
    expect(named.sort()).toEqual([...ALLOWED[folder]!].sort());
  });

  it('follow the arrows of the design', () => {
    const wrong = imports.filter(({ from, to }) => {
      const [a, b] = [folderOf(from), folderOf(to)];
      // `..` is what stands beside src
      return a in ALLOWED && a !== b && b !== '..' && !ALLOWED[a]!.includes(b);
    });
    expect(wrong.map((i) => `${i.from} → ${i.to}`)).toEqual([]);
  });

  it('of the dashboard stay in it', () => {
    const out = importsBelow(DASHBOARD).filter(({ to }) => to.startsWith('..'));
    expect(out.map((i) => `${i.from} → ${i.to}`)).toEqual([]);
  });

  it('make no cycle, by types neither', () => {
    const next = new Map<string, string[]>();
    for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
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
