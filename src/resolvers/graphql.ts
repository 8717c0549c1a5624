import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { GraphQLSchema } from 'graphql';
import type { Api, RequestContext, User } from '../api/contract.ts';
import { StatusError, unsupportedMediaType } from '../meta/status.ts';
import { Dashboard } from './dashboard.ts';
import { Engine, type OperationRequest, type Result } from './engine.ts';
import { createHttp } from './http.ts';
import { actAs, actingOf, type Acting } from './identity.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { Sessions, isSameOrigin } from './sessions.ts';
import { createWebSocket } from './websocket.ts';

export interface GraphQLOptions {
  api: Api;
  log?(line: string): void;
  limits?: Partial<Limits>;
  /** where the built dashboard is, if not in dist/dashboard */
  dashboard?: string;
}
/** An operation of the same process. */
export type InProcessRequest = OperationRequest & Acting;

export interface GraphQLFacade {
  /** of the kinds that are served now */
  readonly schema: GraphQLSchema;
  execute(request: InProcessRequest, context: RequestContext): Promise<Result>;
  /** Errors are the last result; the iterator throws only when it was read too slowly. */
  subscribe(request: InProcessRequest, context: RequestContext): AsyncIterableIterator<Result>;
  /** execute and subscribe as the server itself, for the loops' transports; requests say `as` whom they act */
  executor: {
    execute(request: InProcessRequest): Promise<Result>;
    subscribe(request: InProcessRequest): AsyncIterableIterator<Result>;
  };
  /** Serves /graphql, /graphiql and what is below it. `context.user` is system:anonymous where nothing authenticated the request. */
  handler(req: IncomingMessage, res: ServerResponse, context: RequestContext): Promise<void>;
  /** graphql-transport-ws on /graphql */
  onUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer, context: RequestContext): void;
  /** Path and query of a link that logs a browser in, once, within ten minutes; for reading only unless `write`. */
  loginLink(user: User, options?: { write?: boolean }): string;
  close(): Promise<void>;
}

/** Who asks. `readOnly`: a browser session that may not write. */
interface Caller {
  context: RequestContext;
  readOnly: boolean;
}

const SYSTEM: User = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };
/** Warnings in one result; more are dropped. */
const MAX_WARNINGS = 100;

/** The GraphQL façade of one API process. */
export async function createGraphQL({
  api,
  log = () => undefined,
  limits,
  dashboard,
}: GraphQLOptions): Promise<GraphQLFacade> {
  const allLimits = { ...DEFAULT_LIMITS, ...limits };
  const report = (error: unknown): void =>
    log(`graphql: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  const engine = new Engine(api, allLimits, report);
  const sessions = new Sessions(
    await api.store.setting('graphiql-session-key', () => Promise.resolve(randomBytes(32).toString('base64'))),
  );
  const pages = new Dashboard(dashboard);

  const execute = async (request: InProcessRequest, { context, readOnly }: Caller): Promise<Result> => {
    const warnings = new Set<string>();
    const warn = (text: string): void => {
      if (warnings.size < MAX_WARNINGS) warnings.add(text);
      context.warn(text);
    };
    try {
      if (readOnly && engine.operationType(request) === 'mutation') throw readOnlySession();
      const result = await engine.execute(request, actAs(api, context, request, warn));
      return warnings.size ? { ...result, extensions: { warnings: [...warnings] } } : result;
    } catch (error) {
      return engine.refusal(error);
    }
  };
  const subscribe = (request: InProcessRequest, { context }: Caller): AsyncIterableIterator<Result> => {
    try {
      return engine.subscribe(
        request,
        actAs(api, context, request, (text) => context.warn(text)),
      );
    } catch (error) {
      return engine.refused(error);
    }
  };
  /** From outside: who it acts for is in `extensions`. */
  const outside = {
    async execute(
      { extensions, ...request }: OperationRequest & { extensions?: unknown },
      caller: Caller,
    ): Promise<Result> {
      try {
        return await execute({ ...request, ...actingOf(extensions) }, caller);
      } catch (error) {
        return engine.refusal(error);
      }
    },
    subscribe(
      { extensions, ...request }: OperationRequest & { extensions?: unknown },
      caller: Caller,
    ): AsyncIterableIterator<Result> {
      try {
        return subscribe({ ...request, ...actingOf(extensions) }, caller);
      } catch (error) {
        return engine.refused(error);
      }
    },
  };
  const http = createHttp(
    engine,
    {
      execute: (request, { caller }) => outside.execute(request, caller as Caller),
      subscribe: (request, { caller }) => outside.subscribe(request, caller as Caller),
    },
    allLimits.batch,
  );
  const sockets = createWebSocket<Caller>(api, engine, outside);

  /** Credentials of the request itself come first; a cookie counts only from our own page. */
  const callerOf = (req: IncomingMessage, context: RequestContext): Caller => {
    const session = context.user.name === 'system:anonymous' && isSameOrigin(req) ? sessions.of(req) : undefined;
    if (!session) return { context, readOnly: false };
    const { agent } = context;
    return {
      context: { user: session.user, agent, warn: (text) => context.warn(text), signal: context.signal },
      readOnly: !session.write,
    };
  };
  const system: Caller = { context: { user: SYSTEM, agent: 'ku7s', warn: () => undefined }, readOnly: false };

  return {
    get schema() {
      return engine.schema;
    },
    execute: (request, context) => execute(request, { context, readOnly: false }),
    subscribe: (request, context) => subscribe(request, { context, readOnly: false }),
    executor: { execute: (request) => execute(request, system), subscribe: (request) => subscribe(request, system) },
    async handler(req, res, context) {
      const url = new URL(req.url ?? '/', 'https://localhost');
      if (url.pathname.startsWith('/graphiql/')) return pages.file(url.pathname.slice('/graphiql/'.length), req, res);
      if (url.pathname === '/graphiql') return graphiql(url, res, sessions, pages);
      const wantsPage =
        req.method === 'GET' && !url.searchParams.has('query') && /text\/html/.test(String(req.headers.accept ?? ''));
      if (wantsPage) return pages.page(res);
      // Types that a plain form can send are how other sites' pages would write (CSRF).
      if (req.method === 'POST' && !/^application\/json\b/i.test(req.headers['content-type'] ?? ''))
        return refuse(res, unsupportedMediaType('the body must be application/json'));
      await http(req, res, { caller: callerOf(req, context) });
    },
    onUpgrade: (req, socket, head, context) => sockets.upgrade(req, socket, head, callerOf(req, context)),
    loginLink: (user, { write = false } = {}) => `/graphiql?token=${sessions.link({ user, write })}`,
    close: () => sockets.close(),
  };
}

/** The page; with a token it logs in first, and the token leaves the address bar. */
function graphiql(url: URL, res: ServerResponse, sessions: Sessions, pages: Dashboard): void {
  const token = url.searchParams.get('token');
  if (token === null) return pages.page(res);
  const session = sessions.redeem(token);
  if (!session) {
    res.writeHead(403, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
    res.end('This link was used already or is older than ten minutes.\n');
    return;
  }
  res.writeHead(303, {
    location: '/graphiql',
    'set-cookie': sessions.cookie(session),
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
  });
  res.end();
}

function refuse(res: ServerResponse, { status, code }: StatusError): void {
  res.writeHead(code, { 'content-type': 'application/json' });
  res.end(
    JSON.stringify({ errors: [{ message: status.message, extensions: { code, reason: status.reason, status } }] }),
  );
}

const readOnlySession = (): StatusError =>
  new StatusError({ message: 'this session is for reading only', reason: 'Forbidden', code: 403 });
