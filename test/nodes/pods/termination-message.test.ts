import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logPrefix } from '../../../src/rules/log-line.ts';
import { terminationMessage } from '../../../src/nodes/pods/termination-message.ts';

const FALLBACK = 'FallbackToLogsOnError';
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ku7s-message-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (text: string): string => {
  const path = join(mkdtempSync(join(folder, 'f-')), 'file');
  writeFileSync(path, text);
  return path;
};
const log = (lines: string[]): string =>
  file(lines.map((line) => `${logPrefix(0, 'stdout', false)}${line}\n`).join(''));

describe('the last words of a container', () => {
  it.each([
    ['are in its file', file.bind(null, 'bye'), undefined, 1, 'bye'],
    ['are the first 4096 bytes', () => file('x'.repeat(5000)), undefined, 0, 'x'.repeat(4096)],
    ['are none', () => file(''), undefined, 1, undefined],
    ['are the end of its log, where it failed and says so', () => file(''), FALLBACK, 1, 'one\ntwo\n'],
    ['are not its log where it did not fail', () => file(''), FALLBACK, 0, undefined],
    ['are none without a file', () => join(folder, 'no-such-file'), undefined, 1, undefined],
  ])('%s', (_, path, policy, code, message) => {
    expect(terminationMessage(path(), log(['one', 'two']), policy, code)).toBe(message);
  });

  it('are not what is behind a link or a pipe', () => {
    const [link, pipe] = [join(folder, 'link'), join(folder, 'pipe')];
    symlinkSync(file('of another'), link);
    execFileSync('mkfifo', [pipe]);
    expect([link, pipe].map((path) => terminationMessage(path, log([]), undefined, 1))).toEqual([undefined, undefined]);
  });

  it('are at most 80 lines and 2048 bytes of a log of any size', () => {
    const many = Array.from({ length: 20_000 }, (_, at) => `line ${at}`);
    const lines = terminationMessage(file(''), log(many), FALLBACK, 1)!.trimEnd().split('\n');
    expect(lines).toEqual(many.slice(-80));
    const long = terminationMessage(file(''), log(['y'.repeat(10_000)]), FALLBACK, 1);
    expect(long).toBe(`${'y'.repeat(2047)}\n`);
  });

  it('cost no more than that, however large the container made the file', () => {
    const path = file('bye');
    truncateSync(path, 2 ** 40);
    const before = process.memoryUsage().rss;
    expect(terminationMessage(path, log([]), undefined, 1)).toBe(`bye${'\0'.repeat(4093)}`);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
  });
});
