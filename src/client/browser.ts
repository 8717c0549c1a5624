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
  return new Cluster(
    webSocketTransport(server, {
      webSocket: WebSocket,
      params: async () => {
        const shown = await token?.();
        return shown === undefined ? {} : { authorization: `Bearer ${shown}` };
      },
    }),
    timers,
  );
}
