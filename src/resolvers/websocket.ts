import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Origin } from '../api/audit/contract.ts';
import type { Api } from '../api/contract.ts';
import { ShownCredential } from '../api/standing/credential.ts';
import { unauthorized, type StatusError } from '../meta/status.ts';
import { isCrossSite } from '../rules/http/same-origin.ts';
import type { Engine } from './engine.ts';
import type { Caller, Runner } from './runner.ts';
import { Connection, PROTOCOL } from './socket-connection.ts';
import { SocketOutput } from './socket-output.ts';

/** Bytes of one message, as of a request's body over HTTP. */
const MAX_MESSAGE = 3 * 1024 * 1024;
/** ms within which a ping must be answered */
const KEEP_ALIVE = 15_000;
/** ms that a client has to answer the end of the connection */
const CLOSE_WAIT = 2_000;

/**
 * WebSockets on /graphql. The caller is who the upgrade request was, unless `connection_init` brings a bearer token. It
 * has to, where a page of another site asks: browsers open WebSockets to anywhere, with their client certificate, and
 * let the page read what comes.
 */
export function createWebSocket(api: Api, engine: Engine, runner: Runner) {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE,
    perMessageDeflate: false,
    autoPong: false,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  });

  const authenticate = async (
    caller: Caller,
    params: Record<string, unknown>,
    crossSite: boolean,
  ): Promise<Caller | undefined> => {
    const header = params['authorization'] ?? params['Authorization'];
    if (header === undefined && !crossSite) return caller;
    const token = /^Bearer (\S+)$/i.exec(String(header ?? ''))?.[1];
    const user = token && (await api.authenticate({ token }));
    const { agent, origin, warn } = caller.context;
    if (!token || !user) {
      if (origin) recordRefusal(api, origin);
      return undefined;
    }
    const credential = new ShownCredential(() => api.authenticate({ token }), { token });
    // a token is not the browser's session, whatever that one may do
    return { ...caller, readOnly: false, context: { user, agent, origin, warn, credential } };
  };

  const hold = ({ context }: Caller, onLost: (why: StatusError) => void) => api.hold(context, [], onLost);

  const errorsOf = (error: unknown) => engine.errorsOf(error);

  return {
    upgrade(req: IncomingMessage, raw: Duplex, head: Buffer, caller: Caller): void {
      server.handleUpgrade(req, raw, head, (socket) => {
        const output = new SocketOutput(socket, raw);
        const crossSite = isCrossSite(req);
        const connection = new Connection(
          socket,
          output,
          caller,
          runner,
          errorsOf,
          (own, params) => authenticate(own, params, crossSite),
          hold,
        );
        let answered = true;
        const ping = setInterval(() => {
          if (!answered) return socket.terminate();
          answered = false;
          socket.ping();
        }, KEEP_ALIVE);
        socket.on('pong', () => (answered = true));
        // who does not read is not answered
        socket.on('ping', (data) => !output.full && socket.pong(data));
        socket.on('message', (data) => void connection.onMessage(String(data)));
        // 'close' follows
        socket.on('error', () => undefined);
        socket.once('close', () => {
          clearInterval(ping);
          connection.onClose();
        });
      });
    },
    async close(): Promise<void> {
      for (const socket of server.clients) socket.close(1001, 'Going away');
      const timer = setTimeout(() => server.clients.forEach((socket) => socket.terminate()), CLOSE_WAIT);
      await new Promise((closed) => server.close(closed));
      clearTimeout(timer);
    },
  };
}

/** A connection whose token is good for nothing is recorded as a request that is not let in. */
function recordRefusal({ auditor }: Api, origin: Origin): void {
  const event = auditor.begin(undefined, { verb: 'get', path: '/graphql' }, () => origin);
  event.failed(unauthorized());
  event.started(401);
}
