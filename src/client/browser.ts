import type { Timers } from '../rules/clock.ts';
import { Cluster } from './cluster.ts';
import { webSocketTransport } from './transports/web-socket.ts';

export * from './entry.ts';

export interface BrowserOptions {
  /** of the API; when not given that of the page, with its session */
  server?: string;
  /** a bearer token, when asked for: it may have been renewed since */
  token?: () => string | undefined | Promise<string | undefined>;
}

const timers: Timers = {
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
};

/** A cluster as a page sees it: over the browser's own web socket. */
export function connect({ server = globalThis.location.origin, token }: BrowserOptions = {}): Cluster {
  const elsewhere = new URL(server).origin !== globalThis.location.origin;
  return new Cluster(
    webSocketTransport(server, {
      webSocket: WebSocket,
      before: elsewhere ? () => handshake(server) : undefined,
      params: async () => {
        const shown = await token?.();
        return shown === undefined ? {} : { authorization: `Bearer ${shown}` };
      },
    }),
    timers,
  );
}

/**
 * A server of Kubernetes asks for a client's certificate. Chromium gives up a web socket that is asked for one, unless it
 * has been decided for the host that there is none, which only a request does. What it answers does not matter.
 */
const handshake = (server: string): Promise<void> =>
  fetch(`${server}/version`, { mode: 'no-cors', credentials: 'include', cache: 'no-store' }).then(
    () => undefined,
    () => undefined,
  );
