import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

interface Found {
  where: string;
  source: string;
  flags: string;
}

/** A literal stands where a value does: after an operator, a bracket or a word, and not after a value, which it divides. */
const LITERAL =
  /(?:^|[=(,:!&|?{};[>+]|\breturn|\bof)\s*\/((?:[^/\\\n[*]|\\.|\[(?:[^\]\\\n]|\\.)*\])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])*)\/([dgimsuvy]*)(?![\w/])/gm;

const withoutComments = (text: string): string => text.replace(/^\s*(?:\*|\/\*\*|\/\/).*$/gm, '');

function literals(folder: string): Found[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return literals(file);
    if (!entry.name.endsWith('.ts')) return [];
    return [...withoutComments(readFileSync(file, 'utf8')).matchAll(LITERAL)].map(([, source = '', flags = '']) => ({
      where: path.relative(SRC, file),
      source,
      flags,
    }));
  });
}

/** What an expression may repeat: the usual characters, its own, and pairs of a character and what separates. */
function units(source: string): string[] {
  const own = [...source].filter((c) => "=@%+~#;<>'&|$,:_".includes(c));
  const single = ['a', '0', ' ', '-', '.', '/', ':', '"', '\\', '\n', '!', 'A', ...new Set(own)];
  return [...single, 'a-', 'a.', 'a ', 'a/', '0.', '1h', '\\"', 'a:', 'a,', '$('];
}

/** What may have to come before the part that repeats: words of the expression, alone and with a value. */
const beginnings = (source: string): string[] => {
  const words = [...source.matchAll(/[A-Za-z]{3,}[:=/ ]?/g)].slice(0, 3).map(([word]) => word);
  return [...new Set(['', 'a', '0', '"', '[', ...words.flatMap((word) => [word, `${word} x`])])];
};

const LENGTH = 60_000;
/** ms; what is linear takes less than one, what is not takes seconds. */
const LIMIT = 700;

const search = new vm.Script('pattern.lastIndex = 0; pattern.test(text)');

/** The string on which an expression takes longer than linear time; undefined where none of those tried is. */
function attack({ source, flags }: Pick<Found, 'source' | 'flags'>): string | undefined {
  const context = vm.createContext({ pattern: new RegExp(source, flags), text: '' });
  for (const begin of beginnings(source)) {
    for (const unit of units(source)) {
      for (const end of ['\0', `${unit}\n\0`]) {
        context['text'] = begin + unit.repeat(LENGTH / unit.length) + end;
        try {
          search.runInContext(context, { timeout: LIMIT });
        } catch {
          return JSON.stringify([begin, unit, end]);
        }
      }
    }
  }
  return undefined;
}

/** Expressions that are put together when a module is loaded: what `make` hands to RegExp meanwhile. */
async function composed(make: () => Promise<unknown>): Promise<Found[]> {
  const found: Found[] = [];
  const Native = globalThis.RegExp;
  globalThis.RegExp = new Proxy(Native, {
    construct(target, args: [string | RegExp, string?], newTarget) {
      const made = Reflect.construct(target, args, newTarget) as RegExp;
      const caller = new Error().stack?.split('\n').find((line) => /\/src\/[^?]*\.ts/.test(line));
      const where = /\/src\/([^?:]*\.ts)/.exec(caller ?? '')?.[1];
      if (where) found.push({ where, source: made.source, flags: made.flags });
      return made;
    },
  });
  try {
    await make();
  } finally {
    globalThis.RegExp = Native;
  }
  return found;
}

/** What puts together expressions of clients: as RE2 does, with a test of its own, or of their words as they are, escaped. */
const OF_CLIENTS = ['go/regexp.ts', 'api/logs/match.ts'];

/** Files that put expressions of their own together. */
function composers(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return composers(file);
    const makes = entry.name.endsWith('.ts') && /\bRegExp\(/.test(withoutComments(readFileSync(file, 'utf8')));
    return makes && !OF_CLIENTS.includes(path.relative(SRC, file)) ? [file] : [];
  });
}

/** The rest are divisions and parts of templates. */
function isExpression({ source, flags }: Found): boolean {
  try {
    return Boolean(new RegExp(source, flags));
  } catch {
    return false;
  }
}
const all = literals(SRC).filter(isExpression);

describe('regular expressions that meet input', () => {
  it('are found in the sources', () => {
    expect(all.length).toBeGreaterThan(200);
  });

  it.each([
    ['^\\s*bearer\\s+(\\S.*?)\\s*$', 'i'],
    ['^(a+)+$', ''],
    ['\\s+$', ''],
    ['(\\d+)*x', ''],
    ['^(?:a|a?)+$', ''],
  ])('the attack breaks %s', (source, flags) => {
    expect(attack({ source, flags })).toBeDefined();
  });

  const slow = (expressions: readonly Found[]): string[] =>
    expressions.flatMap((found) => {
      const by = attack(found);
      return by === undefined ? [] : [`${found.where}: /${found.source}/${found.flags} on ${by}`];
    });

  it('take time by the length of the text alone', { timeout: 600_000 }, () => {
    expect(slow(all)).toEqual([]);
  });

  it('so do those that are put together when the program starts', { timeout: 600_000 }, async () => {
    const files = composers(SRC);
    const found = await composed(async () => {
      for (const file of files) await import(/* @vite-ignore */ file);
      // makes its own when it is first called
      const { toYaml } = (await import('../../src/kinds/yaml/write-yaml.ts')) as { toYaml(value: unknown): string };
      toYaml({});
    });
    expect([...new Set(found.map(({ where }) => where))].sort()).toEqual(
      files.map((file) => path.relative(SRC, file)).sort(),
    );
    expect(found.length).toBeGreaterThan(20);
    expect(slow(found)).toEqual([]);
  });
});
