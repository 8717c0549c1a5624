import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Duplex, PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { readHead, readRange, type FileRange } from './file-range.ts';

/** Bytes that a decompressor hands on at once. */
const CHUNK = 256 * 1024;
/** A zstd frame may ask for this much memory, as the program has it by itself. */
const ZSTD_MEMORY = '--memory=128MB';

const MAGIC: readonly { bytes: readonly number[]; how: () => Duplex }[] = [
  { bytes: [0x1f, 0x8b], how: () => createGunzip({ chunkSize: CHUNK }) },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], how: unzstd },
  { bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a], how: () => refuse('xz') },
  { bytes: [0x42, 0x5a, 0x68], how: () => refuse('bzip2') },
];
const MAGIC_LENGTH = 5;

function refuse(name: string): never {
  throw new Error(`${name} compression is not supported`);
}

const compression = (head: Buffer) => MAGIC.find(({ bytes }) => bytes.every((byte, at) => head[at] === byte));

/** Whether the content is compressed, as far as its first bytes tell. */
export const isCompressed = async (content: FileRange): Promise<boolean> =>
  compression(await readHead(content, MAGIC_LENGTH)) !== undefined;

/** The content as it was before it was compressed, however that was. @throws Error for what cannot be undone here */
export async function decompressed(content: FileRange): Promise<Readable> {
  const how = compression(await readHead(content, MAGIC_LENGTH))?.how;
  const out = how ? how() : new PassThrough();
  pipeline(readRange(content), out).catch((error: Error) => out.destroy(error));
  return out;
}

const findZstd = (): string | undefined =>
  `${process.env['PATH'] ?? ''}:/usr/bin:/bin`
    .split(delimiter)
    .filter(Boolean)
    .map((directory) => join(directory, 'zstd'))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });

function unzstd(): Duplex {
  const program = findZstd();
  if (!program) throw new Error('zstd compression needs the program zstd, which this machine lacks');
  const child = spawn(program, ['-dcq', ZSTD_MEMORY], { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(0, 200)));
  const duplex = Duplex.from({ writable: child.stdin, readable: child.stdout });
  child.once('error', (error) => duplex.destroy(error));
  child.once('close', (code) => {
    if (code !== 0 && code !== null) duplex.destroy(new Error(`zstd: ${said.trim() || `ended with ${code}`}`));
  });
  duplex.once('close', () => child.kill('SIGKILL'));
  return duplex;
}
