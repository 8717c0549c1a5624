import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { GraphQLSchema } from 'graphql';
import type { Api, RequestContext, User } from '../api/contract.ts';
import type { FlowControl } from '../api/fairness/flow-control.ts';
import type { Dialer } from '../api/streams/dialer.ts';
import { unsupportedMediaType, type StatusError } from '../meta/status.ts';
import { Engine } from './engine.ts';
import { createHttp } from './http.ts';
import type { Acting } from './identity.ts';
import type { JsonText } from './json-text.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import type { OperationRequest } from './schema/operations.ts';
import { NOTHING_PERSISTED, PersistedDocuments, type PersistedSettings } from './persisted-documents.ts';
import { Runner, type Caller } from './runner.ts';
import { createWebSocket } from './websocket.ts';

export interface GraphQLOptions {
  api: Api;
  /** priority and fairness for operations from outside; without it all run at once */
  flowControl?: FlowControl;
  /** of nodes, for the logs of pods; without it there are none */
  dialer?: Dialer;
  log?(line: string): void;
  limits?: Partial<Limits>;
  /** documents that requests from outside may name */
  documents?: PersistedSettings;
}
/** Of a request from outside; `readOnly`: a browser session that may not write, whose mutations are refused. */
export type OutsideContext = RequestContext & { readOnly?: boolean };
/** An operation of the same process. */
export type InProcessRequest = OperationRequest & Acting;

/** Runs operations of this process. Whatever goes wrong is in the result. */
export interface Executor {
  execute(request: InProcessRequest): Promise<JsonText>;
  /** Errors are the last result; the iterator throws only when it was read too slowly. */
  subscribe(request: InProcessRequest): AsyncIterableIterator<JsonText>;
}

export interface GraphQLFacade {
  /** of the kinds that are served now */
  readonly schema: GraphQLSchema;
  /** The server itself, for the loops' transports; requests say `as` whom they act. */
  readonly executor: Executor;
  /** The same as one user. */
  as(context: RequestContext): Executor;
  /** Serves /graphql. `context.user` is system:anonymous where nothing authenticated the request. */
  handler(req: IncomingMessage, res: ServerResponse, context: OutsideContext): Promise<void>;
  /** graphql-transport-ws on /graphql */
  onUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer, context: OutsideContext): void;
  /** Makes the types of built-in kinds, in slices; otherwise they are made at once when the first of them is asked for. */
  prepare(): void;
  close(): Promise<void>;
}

const SYSTEM: User = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };

/** The GraphQL façade of one API process. */
export function createGraphQL({
  api,
  flowControl,
  dialer,
  log = () => undefined,
  limits,
  documents,
}: GraphQLOptions): GraphQLFacade {
  const allLimits = { ...DEFAULT_LIMITS, ...limits };
  const report = (error: unknown): void =>
    log(`graphql: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  const engine = new Engine(api, dialer, allLimits, report);

  const stop = engine.start();
  const runner = new Runner(api, engine, flowControl, new PersistedDocuments(documents ?? NOTHING_PERSISTED));
  const http = createHttp(engine, runner, allLimits.batch);
  const sockets = createWebSocket(api, engine, runner);

  const callerOf = (context: OutsideContext): Caller => ({ context, readOnly: context.readOnly ?? false });
  const executorOf = (caller: Caller): Executor => ({
    execute: (request) => runner.executeAs(request, engine.ask(request), caller),
    subscribe: (request) => runner.subscribeAs(request, engine.ask(request), caller),
  });
  const system: Caller = { context: { user: SYSTEM, agent: 'ku7s', warn: () => undefined }, readOnly: false };

  return {
    get schema() {
      return engine.schema;
    },
    as: (context) => executorOf({ context, readOnly: false }),
    executor: executorOf(system),
    async handler(req, res, context) {
      // Types that a plain form can send are how other sites' pages would write (CSRF).
      if (req.method === 'POST' && !/^application\/json\b/i.test(req.headers['content-type'] ?? ''))
        return refuse(res, unsupportedMediaType('the body must be application/json'));
      if (req.method === 'POST' && !/^(identity)?$/i.test(req.headers['content-encoding']?.trim() ?? '')) {
        // RFC 9110, 12.5.3: so that a client knows what would have been taken
        res.setHeader('accept-encoding', 'identity');
        return refuse(res, unsupportedMediaType('the body must not be encoded'));
      }
      await http(req, res, callerOf(context));
    },
    onUpgrade: (req, socket, head, context) => sockets.upgrade(req, socket, head, callerOf(context)),
    prepare: () => engine.prepare(),
    close() {
      stop();
      return sockets.close();
    },
  };
}

function refuse(res: ServerResponse, { status, code }: StatusError): void {
  res.writeHead(code, { 'content-type': 'application/json' });
  res.end(
    JSON.stringify({ errors: [{ message: status.message, extensions: { code, reason: status.reason, status } }] }),
  );
}
