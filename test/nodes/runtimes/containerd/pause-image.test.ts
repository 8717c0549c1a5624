import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pauseArchive, pauseProgram } from '../../../../src/nodes/runtimes/containerd/pause-image.ts';
import { ArchiveFile } from '../../../../src/nodes/images/folder/archive-file.ts';
import { folderImages } from '../../../../src/nodes/images/folder/folder-image.ts';
import { goArchitecture } from '../../../support/image-archive.ts';
import { eventually } from '../../../e2e/support/cluster.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pause-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  ['amd64', 0x3e],
  ['arm64', 0xb7],
])('is a static program for %s, loaded whole', (architecture, machine) => {
  const program = pauseProgram(architecture);
  expect(program.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
  expect(program.readUInt16LE(18)).toBe(machine);
  // the entry is just behind the headers
  expect(program.readBigUInt64LE(24)).toBe(0x400000n + 120n);
  expect(program.readBigUInt64LE(96)).toBe(BigInt(program.length));
  // the action, SIG_IGN and nothing more, is what the code points to: the last 32 bytes
  expect([...program.subarray(-32)]).toEqual([1, ...Array(31).fill(0)]);
});

it('is not there for machines that it does not know', () => {
  expect(() => pauseProgram('riscv64')).toThrow('no pause program for riscv64');
});

it('waits, and ignores the ends of its children', async () => {
  const path = join(folder, 'pause');
  writeFileSync(path, pauseProgram(goArchitecture), { mode: 0o755 });
  const child = spawn(path);
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
  const ignored = async (): Promise<bigint> => {
    const status = readFileSync(`/proc/${child.pid}/status`, 'latin1');
    return BigInt(`0x${/^SigIgn:\s*(\w+)/m.exec(status)?.[1] ?? 0}`);
  };
  const SIGCHLD = 17n;
  await eventually(ignored, (set) => ((set >> (SIGCHLD - 1n)) & 1n) === 1n);
  child.kill('SIGKILL');
  expect(await ended).toBe('SIGKILL');
});

it('is packed as an OCI layout that can be read back', async () => {
  const file = join(folder, 'pause.tar');
  const bytes = await pauseArchive('amd64');
  writeFileSync(file, bytes);
  const found = await folderImages(await ArchiveFile.open(file, bytes.length), 'pause', {
    os: 'linux',
    architecture: 'amd64',
  });
  expect(found.map(({ tags }) => tags)).toEqual([['ku7s.local/pause:1']]);
  expect(JSON.parse(found[0]!.config.toString())).toMatchObject({ config: { Entrypoint: ['/pause'] } });
});
