import { describe, expect, test } from 'vitest';
import { CUT, LogReader, type LogLine } from '../../../src/resolvers/logs/log-line.ts';

const read = (pieces: readonly Buffer[]): LogLine[] => {
  const reader = new LogReader('p', 'c');
  return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
};
const T = '2026-01-02T03:04:05.';

describe('the lines of a log', () => {
  const text = `${T}000000001Z one\n${T}5Z \nno time\n${T}600000000+01:00 zwölf 🙂\nlast`;

  test('are the same however they come', () => {
    const bytes = Buffer.from(text);
    const whole = read([bytes]);
    expect(whole.map(({ time, text: line }) => [time, line])).toEqual([
      [`${T}000000001Z`, 'one'],
      [`${T}5Z`, ''],
      [null, 'no time'],
      [`${T}600000000+01:00`, 'zwölf 🙂'],
      [null, 'last'],
    ]);
    expect(whole.map(({ order }) => order - Date.UTC(2026, 0, 2, 3, 4, 5) * 1000)).toEqual([
      0,
      500_000,
      500_000,
      600_000 - 3600e6,
      600_000 - 3600e6,
    ]);
    for (let at = 0; at <= bytes.length; at++) expect(read([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
    expect(read([...bytes].map((byte) => Buffer.from([byte])))).toEqual(whole);
  });

  test.each(['x', 'ü', '€', '🙂'])('that are too long are cut between characters (%s)', (character) => {
    for (const before of ['', 'a', 'ab', 'abc']) {
      const [line, next] = read([Buffer.from(`${before}${character.repeat(20_000)}\nnext`)]);
      const kept = line?.text.slice(0, -CUT.length) ?? '';
      expect(line?.text.endsWith(CUT)).toBe(true);
      expect(`${before}${character.repeat(20_000)}`.startsWith(kept)).toBe(true);
      expect(Buffer.byteLength(kept)).toBeGreaterThan(16 * 1024 - 4);
      expect(next?.text).toBe('next');
    }
  });
});
