import { errorMessage } from '../../meta/error-message.ts';
import type { Listening } from './listen.ts';

/** Ports besides those of http and https: each takes connections of its own. */
const MAX_PORTS = 64;

/** The ports of listeners of Gateways: opened as they are asked for, and closed when nobody does any more. */
export class ExtraPorts {
  private readonly open = new Map<number, { tls: boolean; listening: Promise<Listening | undefined> }>();

  constructor(
    private readonly listen: (port: number, tls: boolean) => Promise<Listening>,
    private readonly failed: (port: number, error: string) => void,
  ) {}

  /** @param wanted whether each of them speaks TLS */
  use(wanted: ReadonlyMap<number, boolean>): void {
    for (const [port, { tls, listening }] of this.open) {
      if (wanted.get(port) === tls) continue;
      this.open.delete(port);
      void listening.then((one) => one?.close(0));
    }
    for (const [port, tls] of wanted) {
      if (this.open.has(port) || this.open.size >= MAX_PORTS) continue;
      const listening = this.listen(port, tls).catch((error: unknown) => {
        this.failed(port, errorMessage(error));
        // asked for again by the next change
        if (this.open.get(port)?.listening === listening) this.open.delete(port);
        return undefined;
      });
      this.open.set(port, { tls, listening });
    }
  }

  /** The machine has other addresses. @throws Error for the first that cannot be had */
  async move(addresses: readonly string[]): Promise<void> {
    const all = [...this.open.values()];
    await Promise.all(all.map(async ({ listening }) => (await listening)?.use(addresses)));
  }

  async close(graceMs: number): Promise<void> {
    const all = [...this.open.values()];
    this.open.clear();
    await Promise.all(all.map(async ({ listening }) => (await listening)?.close(graceMs)));
  }
}
