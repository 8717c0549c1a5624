import { GraphQLError, type ExecutionArgs } from 'graphql';
import type { Context } from 'graphql-ws';
import { useServer, type Extra } from 'graphql-ws/use/ws';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Api, RequestContext } from '../api/contract.ts';
import type { Engine, OperationRequest, Result } from './engine.ts';

type SocketRequest = OperationRequest & { extensions?: unknown };
export interface SocketRunner<C> {
  execute(request: SocketRequest, caller: C): Promise<Result>;
  subscribe(request: SocketRequest, caller: C): AsyncIterableIterator<Result>;
}

/** Bytes of one message, as of a request's body over HTTP. */
const MAX_MESSAGE = 4 * 1024 * 1024;
/** Operations at once on one connection. */
const MAX_OPERATIONS = 1000;
/** ms in which a client must say hello, and between pings */
const INIT_TIMEOUT = 10_000;
const KEEP_ALIVE = 15_000;

/**
 * graphql-transport-ws. The caller is who the upgrade request was, unless `connection_init` brings a bearer token.
 * A socket that does not drain holds back only its own subscriptions, which are cut when too much waits for them.
 */
export function createWebSocket<C extends { context: RequestContext }>(
  api: Api,
  engine: Engine,
  runner: SocketRunner<C>,
) {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE, perMessageDeflate: false });
  const callers = new WeakMap<IncomingMessage, C>();
  const operations = new WeakMap<ExecutionArgs, { request: SocketRequest; caller: C }>();
  type Connection = Pick<Context<Record<string, unknown>>, 'connectionParams' | 'subscriptions'> & { extra: Extra };

  const onConnect = async ({ connectionParams, extra }: Connection): Promise<boolean> => {
    const caller = callers.get(extra.request);
    if (!caller) return false;
    const header = connectionParams?.['authorization'] ?? connectionParams?.['Authorization'];
    if (header === undefined) return true;
    const token = /^Bearer (\S+)$/i.exec(String(header))?.[1];
    const user = token && (await api.authenticate({ token }));
    if (!user) return false;
    callers.set(extra.request, { ...caller, context: { ...plain(caller.context), user } });
    return true;
  };

  const onSubscribe = (
    { extra, subscriptions }: Connection,
    _id: string,
    payload: SocketRequest,
  ): ExecutionArgs | GraphQLError[] => {
    if (Object.keys(subscriptions).length > MAX_OPERATIONS)
      return [new GraphQLError(`more than ${MAX_OPERATIONS} operations on one connection`)];
    const checked = engine.check(payload);
    if ('errors' in checked)
      return checked.errors.map(({ message, extensions }) => new GraphQLError(message, { extensions }));
    const args = { schema: checked.schema, document: checked.document, operationName: payload.operationName };
    operations.set(args, { request: payload, caller: callers.get(extra.request)! });
    return args;
  };

  const dispose = useServer<Record<string, unknown>, Partial<Record<PropertyKey, never>>>(
    {
      connectionInitWaitTimeout: INIT_TIMEOUT,
      onConnect: (context) => onConnect(context as unknown as Connection),
      onSubscribe: (context, id, payload) =>
        onSubscribe(context as unknown as Connection, id, payload as SocketRequest),
      execute: (args) => {
        const { request, caller } = operations.get(args)!;
        return runner.execute(request, caller).then(printable) as never;
      },
      subscribe: (args) => {
        const { request, caller } = operations.get(args)!;
        return printableAll(runner.subscribe(request, caller)) as never;
      },
    },
    server,
    KEEP_ALIVE,
  ).dispose;

  return {
    upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, caller: C): void {
      callers.set(req, caller);
      server.handleUpgrade(req, socket, head, (ws) => server.emit('connection', ws, req));
    },
    async close(): Promise<void> {
      await dispose();
    },
  };
}

/** graphql-ws prints errors by their `toJSON`; ours are what it would print. */
const printable = (result: Result): object =>
  result.errors ? { ...result, errors: result.errors.map((error) => ({ ...error, toJSON: () => error })) } : result;

/** Not a generator: `return()` must end a subscription on which `next()` waits. */
function printableAll(results: AsyncIterableIterator<Result>): AsyncIterableIterator<object> {
  const iterator: AsyncIterableIterator<object> = {
    async next() {
      const result = await results.next();
      return result.done ? result : { done: false, value: printable(result.value) };
    },
    async return() {
      await results.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}

/** The fields of a context that may be an object with getters. */
const plain = ({ user, agent, impersonator, warn }: RequestContext): RequestContext => ({
  user,
  agent,
  impersonator,
  warn,
});
