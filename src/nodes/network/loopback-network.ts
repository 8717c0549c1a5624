import { readFileSync } from 'node:fs';
import { replaceFile } from '../replace-file.ts';
import type { PodAddress, PodNetwork } from './pod-network.ts';

/** Addresses for pods: 127.1.0.1 to 127.1.255.254. */
const LIMIT = 256 * 254;

/**
 * Pods share the host's network; each has a loopback address of its own, which only matters if it listens on it. Who
 * has which is kept in a file: a pod that outlives the agent keeps its address.
 */
export class LoopbackNetwork implements PodNetwork {
  private readonly addresses: Map<string, string>;
  private next: number;

  constructor(private readonly file: string) {
    this.addresses = read(file);
    this.next = this.addresses.size;
  }

  async attach(uid: string): Promise<PodAddress> {
    const known = this.addresses.get(uid);
    if (known) return { ip: known };
    const used = new Set(this.addresses.values());
    for (let tries = 0; tries < LIMIT; tries++) {
      const n = this.next++ % LIMIT;
      const ip = `127.1.${Math.floor(n / 254)}.${(n % 254) + 1}`;
      if (used.has(ip)) continue;
      this.addresses.set(uid, ip);
      this.save();
      return { ip };
    }
    throw new Error('no pod address is left');
  }

  async detach(uid: string): Promise<void> {
    if (this.addresses.delete(uid)) this.save();
  }

  async collect(isKnown: (uid: string) => boolean): Promise<void> {
    for (const uid of this.addresses.keys()) if (!isKnown(uid)) await this.detach(uid);
  }

  /** Who has which address stays written down: pods that come back have theirs again. */
  async close(): Promise<void> {
    await Promise.resolve();
  }

  private save(): void {
    replaceFile(this.file, JSON.stringify([...this.addresses]));
  }
}

function read(file: string): Map<string, string> {
  try {
    return new Map(JSON.parse(readFileSync(file, 'utf8')) as [string, string][]);
  } catch {
    return new Map();
  }
}
