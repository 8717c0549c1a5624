import { EntryServer, type EntryTls } from './entry-server.ts';
import type { Entry } from './exchange.ts';
import type { Proxy } from './proxy.ts';

/** Where somebody listens who does not get the port that everybody knows. */
const ELSEWHERE: Readonly<Record<number, number>> = { 80: 8080, 443: 8443 };

/** How long requests may go on at an address that the machine no longer has, ms. */
const LEFT_MS = 4000;

export interface Listening {
  port: number;
  /**
   * From now on at these addresses and no others. One that cannot be had is asked for again by the next call.
   * @throws Error for the first of those
   */
  use(addresses: readonly string[]): Promise<void>;
  close(graceMs: number): Promise<void>;
}

/**
 * Takes requests at these addresses, all on one port: the one that is asked for; where none is, the usual one, or where
 * that is taken or not permitted, another. They are addresses and not the wildcard, which would take the port at those
 * of Services too.
 * Rejects where the port that is asked for cannot be had.
 */
export async function listenNear(
  addresses: readonly string[],
  asked: number | undefined,
  usual: 80 | 443,
  make: () => EntryServer,
): Promise<Listening> {
  if (asked !== undefined) return listenAt(addresses, asked, make);
  for (const port of [usual, ELSEWHERE[usual]!]) {
    try {
      return await listenAt(addresses, port, make);
    } catch {
      // taken, or not permitted: which of them does not matter where any port will do
    }
  }
  return listenAt(addresses, 0, make);
}

async function listenAt(addresses: readonly string[], asked: number, make: () => EntryServer): Promise<Listening> {
  const servers = new Map<string, EntryServer>();
  let port = asked;
  const add = async (address: string): Promise<void> => {
    if (servers.has(address)) return;
    const server = make();
    port = await server.listen(port, address);
    servers.set(address, server);
  };
  const close = async (graceMs: number): Promise<void> =>
    void (await Promise.all([...servers.values()].map((server) => server.close(graceMs))));
  try {
    for (const address of addresses) await add(address);
  } catch (error) {
    await close(0);
    throw error;
  }
  return {
    port,
    async use(now) {
      for (const [address, server] of servers) {
        if (now.includes(address)) continue;
        servers.delete(address);
        void server.close(LEFT_MS);
      }
      const failed = await Promise.allSettled(now.map(add));
      const first = failed.find((each) => each.status === 'rejected');
      if (first) throw first.reason;
    },
    close,
  };
}

/** Makes servers of one way in. */
export const entriesOf = (proxy: Pick<Proxy, 'handle' | 'upgrade'>, entry: Entry, tls?: EntryTls) => (): EntryServer =>
  new EntryServer(proxy, entry, tls);
