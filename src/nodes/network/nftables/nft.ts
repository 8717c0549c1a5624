import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createTable, deleteTable, updateTable, type NftTable } from './nft-table.ts';

/** nft is in an administrator's path, which a daemon's may lack. */
const ENV = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
/** Ends a trial that waits for something, ms. */
const PROBE_MS = 5000;
/** What is kept of a complaint. */
const COMPLAINT = 2000;

/** Whether `nft` does all that the table asks for, tried in a network namespace of its own. Undefined: it does. */
export function whyNoNft(table: NftTable): string | undefined {
  if (process.getuid?.() !== 0) return 'not root';
  try {
    accessSync('/proc/sys/net/ipv4/conf/default/forwarding', constants.W_OK);
  } catch {
    return '/proc/sys may not be written';
  }
  const { status, error, stderr } = spawnSync('unshare', ['--net', 'nft', '-f', '-'], {
    env: ENV,
    input: createTable(table),
    timeout: PROBE_MS,
    encoding: 'utf8',
  });
  if (status === 0) return undefined;
  return (error?.message ?? stderr.trim()).slice(0, COMPLAINT) || 'nft does not work';
}

/** Runs the commands as one transaction. Rejects with nft's complaint, and then nothing has changed. */
export function runNft(commands: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('nft', ['-f', '-'], { env: ENV, stdio: ['pipe', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(0, COMPLAINT)));
    child.stdin.on('error', () => undefined);
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(complaint.trim() || `nft: ${code}`))));
    child.stdin.end(commands);
  });
}

/** A table in the kernel that is kept as it is wanted. */
export class KernelTable {
  /** what the kernel has; undefined: not known */
  private current: NftTable | undefined;

  constructor(
    readonly name: string,
    private readonly run = runNft,
  ) {}

  /**
   * Makes the kernel's table this one. After a failure, or when somebody else has changed it, it is made anew.
   * Rejects when that fails too.
   */
  async apply(table: NftTable): Promise<void> {
    const { current } = this;
    this.current = undefined;
    const update = current && updateTable(current, table);
    if (update === '') {
      this.current = table;
      return;
    }
    if (update === undefined) await this.run(createTable(table));
    else await this.run(update).catch(() => this.run(createTable(table)));
    this.current = table;
  }

  async remove(): Promise<void> {
    this.current = undefined;
    await this.run(deleteTable(this.name));
  }
}
