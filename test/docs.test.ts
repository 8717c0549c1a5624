import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const inFolder = (folder: string, wanted: (name: string) => boolean): string[] =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(wanted)
    .map((name) => path.join(folder, name));

const pages = ['README.md', ...inFolder('docs', (name) => name.endsWith('.md'))];
const readmes = inFolder('src', (name) => path.basename(name) === 'README.md');

/** Targets of links in Markdown or HTML that lead to a file: without a fragment, and not those to other servers. */
const linksOf = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)\s]+)\)|\b(?:href|src)="([^"]+)"/g)]
    .map(([, markdown, html]) => (markdown ?? html)!.split('#')[0]!)
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));

describe('a link', () => {
  test.each([
    ['[a](b.md#c) and ![d](e.svg)', ['b.md', 'e.svg']],
    ['<a href="../src/a.ts">a</a>', ['../src/a.ts']],
    ['[a](https://example.com) [b](#c) [d](mailto:e@example.com) [x] (y)', []],
  ])('is found in %j', (text, links) => {
    expect(linksOf(text)).toEqual(links);
  });

  test.each([...pages, ...readmes])('of %s leads to a file that is there', (page) => {
    const gone = linksOf(read(page)).filter((link) => !existsSync(path.join(ROOT, path.dirname(page), link)));
    expect(gone).toEqual([]);
  });
});

test.each(readmes)('the files that %s names are there', (readme) => {
  const folder = path.dirname(readme);
  const named = [...read(readme).matchAll(/`([\w./-]+\.ts)`/g)].map(([, name]) => name!);
  // from the folder itself, or from the root
  const gone = named.filter((name) => ![folder, '', 'src'].some((from) => existsSync(path.join(ROOT, from, name))));
  expect(gone).toEqual([]);
});

test('the ways of a request and of an event lead through files of every folder that they pass', () => {
  const folders = linksOf(read('docs/flow.md')).map((link) => link.split('/')[2]);
  expect(folders).toEqual(expect.arrayContaining(['rest', 'resolvers', 'client', 'api', 'kinds', 'store', 'control']));
});

/** Whether a source has a test of that name; "…" is what a table of cases puts there. */
function hasTest(source: string, name: string): boolean {
  let from = 0;
  return name.split('…').every((part) => {
    const at = source.indexOf(part, from);
    from = at + part.length;
    return at >= 0;
  });
}

/** Of a page: the files in backticks, and the tests that stand behind them in quotes. */
const namedIn = (text: string): { file: string; names: string[] }[] =>
  [...text.matchAll(/`([\w./-]+\.ts)`((?:,? "[^"]+")*)/g)].map(([, file, quoted]) => ({
    file: file!,
    names: [...quoted!.matchAll(/"([^"]+)"/g)].map(([, name]) => name!),
  }));

describe('docs/security.md', () => {
  const sources = ['src', 'test', 'scripts'].flatMap((folder) => inFolder(folder, (name) => name.endsWith('.ts')));
  /** A name is a path from the root, or the end of one. */
  const pathsOf = (file: string): string[] => sources.filter((source) => `/${source}`.endsWith(`/${file}`));
  const named = namedIn(read('docs/security.md'));

  test('names files that are there', () => {
    expect(named.map(({ file }) => file).filter((file) => !pathsOf(file).length)).toEqual([]);
  });

  test('names tests that are there', () => {
    const gone = named.flatMap(({ file, names }) => {
      const texts = pathsOf(file).map(read);
      return names.filter((name) => !texts.some((text) => hasTest(text, name)));
    });
    expect(gone).toEqual([]);
  });

  test('has a test for each line of its tables', () => {
    const tables = read('docs/security.md').match(/(?:^\|.*\|\n)+/gm) ?? [];
    const lines = tables
      .map((table) => table.trimEnd().split('\n'))
      .filter(([head]) => /\| *test *\|$/.test(head!))
      .flatMap(([, , ...rest]) => rest);
    expect(lines.length).toBeGreaterThan(100);
    expect(lines.filter((line) => !/\.ts[`)]/.test(line.split(' | ').at(-1)!))).toEqual([]);
  });
});
