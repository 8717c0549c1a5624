import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { envFileValue, readEnvFile } from '../../../src/nodes/pods/env-file.ts';

it.each([
  ["A='b'", 'b'],
  ["# words\n\n  A='b' # more", 'b'],
  ["B='x'\nA='one\ntwo'\nwhat comes after does not matter", 'one\ntwo'],
  ['A=\'$(B) \\n "q"\'', '$(B) \\n "q"'],
  ["A= 'b'", ''],
  ["A=''", ''],
  ["B='b'\r\n", ''],
  ['', ''],
])('in %j A is %j', (text, value) => expect(envFileValue(text, 'A')).toBe(value));

it.each([
  ['A', "line 1: missing '='"],
  ["B='x'\n='b'", 'line 2: empty variable name'],
  ["A ='b'", "line 1: whitespace before '=' is not allowed"],
  ['A=b', 'line 1: value must be enclosed in single quotes'],
  ["A='b' c", 'line 1: unexpected content after closing quote'],
  ["A='b", 'unclosed single quote'],
])('%j is no file of variables', (text, why) => expect(() => envFileValue(text, 'A')).toThrow(why));

let directory: string;
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'ku7s-env-'))));
afterEach(() => rmSync(directory, { recursive: true }));

it('is read where the volume has it, and nowhere else', async () => {
  writeFileSync(join(directory, 'in'), "A='b'");
  symlinkSync('in', join(directory, 'link'));
  symlinkSync('/etc/passwd', join(directory, 'out'));
  expect(await readEnvFile(directory, 'link')).toBe("A='b'");
  for (const path of ['out', '../../etc/passwd', '.', 'missing'])
    await expect(readEnvFile(directory, path)).rejects.toThrow();
});
