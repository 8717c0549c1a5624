import type { PodAddress, PodNetwork } from './pod-network.ts';

/** Addresses for pods: 127.1.0.1 to 127.1.255.254. */
const LIMIT = 255 * 254;

/** Pods share the host's network; each has a loopback address of its own, which only matters if it listens on it. */
export class LoopbackNetwork implements PodNetwork {
  private readonly addresses = new Map<string, string>();
  private readonly used = new Set<string>();
  private next = 0;

  attach(uid: string): Promise<PodAddress> {
    let ip = this.addresses.get(uid);
    for (let tries = 0; !ip && tries < LIMIT; tries++) {
      const n = this.next++ % LIMIT;
      const candidate = `127.1.${Math.floor(n / 254)}.${(n % 254) + 1}`;
      if (!this.used.has(candidate)) ip = candidate;
    }
    if (!ip) return Promise.reject(new Error('no pod address is left'));
    this.used.add(ip);
    this.addresses.set(uid, ip);
    return Promise.resolve({ ip });
  }

  detach(uid: string): Promise<void> {
    const ip = this.addresses.get(uid);
    if (ip) this.used.delete(ip);
    this.addresses.delete(uid);
    return Promise.resolve();
  }

  collect(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
