import { EntryServer, type EntryTls } from './entry-server.ts';
import type { Entry } from './exchange.ts';
import type { Proxy } from './proxy.ts';

/** Where somebody listens who does not get the port that everybody knows. */
const ELSEWHERE: Readonly<Record<number, number>> = { 80: 8080, 443: 8443 };

export interface Listening {
  port: number;
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
  const servers: EntryServer[] = [];
  const close = async (graceMs: number): Promise<void> =>
    void (await Promise.all(servers.map((server) => server.close(graceMs))));
  let port = asked;
  try {
    for (const address of addresses) {
      const server = make();
      port = await server.listen(port, address);
      servers.push(server);
    }
  } catch (error) {
    await close(0);
    throw error;
  }
  return { port, close };
}

/** Makes servers of one way in. */
export const entriesOf = (proxy: Pick<Proxy, 'handle' | 'upgrade'>, entry: Entry, tls?: EntryTls) => (): EntryServer =>
  new EntryServer(proxy, entry, tls);
