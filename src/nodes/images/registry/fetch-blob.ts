import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../../rules/clock.ts';
import { PullError } from '../image-service.ts';
import type { Descriptor } from '../oci/manifest.ts';
import type { FileRange } from '../store/file-range.ts';
import { RegistryAnswer, type RegistryClient, type RepositoryAccess } from './registry-client.ts';

/** Attempts of a blob whose connection breaks, as long as each brings nothing; one that brings some begins anew. */
const MAX_ATTEMPTS = 5;
const WAIT_MS = 500;

/**
 * Fetches a blob into a file; a connection that breaks is taken up where it did. Size and digest are seen to while it
 * comes. @throws PullError for content that is not what it should be
 */
export async function fetchBlob(
  client: RegistryClient,
  access: RepositoryAccess,
  { digest, size }: Descriptor,
  path: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<FileRange> {
  const file = await open(path, 'wx', 0o600);
  try {
    const download = new Download(file, digest, size);
    for (let failures = 0; download.bytes < size || failures === 0;) {
      const before = download.bytes;
      try {
        await download.take(client, access, signal);
        break;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof PullError) throw error;
        failures = download.bytes > before ? 1 : failures + 1;
        if (failures >= MAX_ATTEMPTS) throw error;
        await new Promise<void>((resolve) => clock.setTimeout(() => resolve(), WAIT_MS * failures));
      }
    }
    download.verify();
    return { path, start: 0, size };
  } finally {
    await file.close();
  }
}

class Download {
  bytes = 0;
  private hash = createHash('sha256');

  constructor(
    private readonly file: FileHandle,
    private readonly digest: string,
    private readonly size: number,
  ) {}

  async take(client: RegistryClient, access: RepositoryAccess, signal: AbortSignal): Promise<void> {
    const range = this.bytes > 0 ? { range: `bytes=${this.bytes}-` } : {};
    const headers = { 'accept-encoding': 'identity', ...range };
    const response = await client.get(access, `blobs/${this.digest}`, headers, signal).catch((error: unknown) => {
      // a server that cannot go on from there: from the beginning
      if (error instanceof RegistryAnswer && error.status === 416) this.restart();
      throw error instanceof RegistryAnswer && error.status === 416 ? new Error(error.message) : error;
    });
    if (this.bytes > 0 && !this.goesOn(response)) this.restart();
    for await (const chunk of response) await this.write(chunk as Buffer);
    if (this.bytes < this.size) throw new Error(`blob ${this.digest} ended after ${this.bytes} of ${this.size} bytes`);
  }

  verify(): void {
    const found = `sha256:${this.hash.digest('hex')}`;
    if (found !== this.digest) throw new PullError(`blob ${this.digest} has the digest ${found}`);
  }

  private async write(chunk: Buffer): Promise<void> {
    if (this.bytes + chunk.length > this.size)
      throw new PullError(`blob ${this.digest} is larger than ${this.size} bytes, which its manifest says`);
    await this.file.write(chunk, 0, chunk.length, this.bytes);
    this.hash.update(chunk);
    this.bytes += chunk.length;
  }

  private goesOn({ statusCode, headers }: IncomingMessage): boolean {
    return statusCode === 206 && (headers['content-range'] ?? '').startsWith(`bytes ${this.bytes}-`);
  }

  private restart(): void {
    this.bytes = 0;
    this.hash = createHash('sha256');
  }
}
