import { describe, expect, test } from 'vitest';
import { columnsOf } from '../../../dashboard/app/list/columns.ts';
import { conditionsIn } from '../../../dashboard/app/object/conditions.ts';
import { withMore, type SentLine } from '../../../dashboard/app/object/log-lines.ts';
import type { Kind } from '../../../dashboard/app/server/kind.ts';
import type { Row } from '../../../dashboard/app/server/objects.ts';
import { legible } from '../../../dashboard/app/shared/legible.ts';

describe('a text of an object', () => {
  test.each([
    ['turned about', 'safe\u202egnp.exe', 'safe\\u{202e}gnp.exe'],
    ['with what has no width', 'pay\u200bpal\ufeff', 'pay\\u{200b}pal\\u{feff}'],
    ['with orders to a terminal', 'a\x1b[2Jb\x07', 'a\\u{1b}[2Jb\\u{7}'],
    ['that goes back over itself', 'bad\rgood', 'bad\\u{d}good'],
    ['with a second text in tags', 'a\u{e0041}', 'a\\u{e0041}'],
  ])('%s is written out', (_, text, shown) => expect(legible(text)).toBe(shown));

  test.each(['<b>\t"x"\n', 'שלום', 'نعم\u200cها', '👩\u200d💻', 'café'])('stays as it is: %j', (text) =>
    expect(legible(text)).toBe(text),
  );

  test('is cut, and says so', () => expect(legible('x'.repeat(100), 10)).toBe(`${'x'.repeat(10)}…`));
});

describe('columns of a definition', () => {
  const column = (name: string, type = 'string') => ({ name, type, format: '', description: '', priority: 0 });
  const kind = {
    custom: true,
    namespaced: true,
    columns: [column('Name'), column('Name'), column('Namespace'), column('Age'), column('\u202eytefaS')],
  } as unknown as Kind;
  const columns = columnsOf(kind, []);

  test('each have an id of their own, whatever it calls them', () => {
    const ids = columns.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.slice(0, 2)).toEqual(['Name', 'Namespace']);
  });

  test('have the meaning of their names only where it is theirs', () => {
    expect(columns.map(({ heading, orderBy }) => [heading, orderBy !== undefined])).toEqual([
      ['Name', true],
      ['Namespace', true],
      ['Name', false],
      ['Namespace', false],
      ['Age', false],
      ['\\u{202e}ytefaS', false],
    ]);
    expect(columns.some(({ isAge }) => isAge)).toBe(false);
    const [age] = columnsOf({ ...kind, columns: [column('Name'), column('Age', 'date')] }, []).slice(-1);
    expect(age).toMatchObject({ id: 'Age', isAge: true });
  });

  test('show what is in them to be read, and not without end', () => {
    const row = { metadata: {}, cells: ['a', '\u202eb', 'c'.repeat(100_000), null, 7] } as unknown as Row;
    expect(columns.slice(2).map(({ value }) => value(row))).toEqual(['\\u{202e}b', `${'c'.repeat(500)}…`, null, 7]);
  });
});

describe('conditions of a custom kind', () => {
  test.each(['all is well', { a: 1 }, null, 7, undefined])('are none where %j stands in their place', (conditions) =>
    expect(conditionsIn({ conditions })).toEqual([]),
  );

  test('are those that are some, with the texts that they have', () => {
    const found = conditionsIn({
      conditions: [null, 'text', { type: { a: 1 } }, { type: 'Ready', status: ['x'], message: 7, reason: 'Why' }],
    });
    expect(found).toEqual([{ type: 'Ready', status: '', message: '', reason: 'Why', lastTransitionTime: '' }]);
  });

  test('of nothing are none', () => {
    for (const status of [undefined, null, 'text']) expect(conditionsIn(status)).toEqual([]);
  });
});

describe('lines of a log', () => {
  const line = (text: string, time: string | null = null): SentLine => ({ time, pod: 'p', container: 'c', text });

  test('are shown without orders to a terminal, and cut where they are long', () => {
    const lines = withMore(undefined, [line('\x1b[31mred\x1b[0m\r'), line('\u202ex'), line('y'.repeat(1_000_000))]);
    expect(lines.map(({ text }) => text)).toEqual([
      'red',
      '\\u{202e}x',
      `${'y'.repeat(10_000)}… (990000 characters more)`,
    ]);
  });

  test('are kept as far as a page can hold them, the newest of them', () => {
    let lines = withMore(undefined, []);
    for (let n = 0; n < 60; n++)
      lines = withMore(
        lines,
        Array.from({ length: 100 }, () => line(`${n}`)),
      );
    expect(lines.length).toBe(5000);
    expect(lines.at(-1)?.text).toBe('59');
    for (let n = 0; n < 5; n++)
      lines = withMore(
        lines,
        Array.from({ length: 100 }, () => line('z'.repeat(1e5))),
      );
    expect(lines.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(2_000_000);
    expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length);
  });

  test('come once where the connection was lost and they begin anew', () => {
    const sent = ['1', '2', '3'].map((second) => line(`at ${second}`, `2026-01-01T00:00:0${second}Z`));
    const lines = withMore(withMore(undefined, sent.slice(0, 2)), sent);
    expect(lines.map(({ text }) => text)).toEqual(['at 1', 'at 2', 'at 3']);
  });
});
