import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { GraphQLSchema } from 'graphql';
import type { Api, RequestContext, User } from '../api/contract.ts';
import type { FlowControl } from '../api/fairness/flow-control.ts';
import { StatusError, unsupportedMediaType } from '../meta/status.ts';
import { Engine, once, type OperationRequest, type Result } from './engine.ts';
import { AdmittedFirst, admitted } from './fairness.ts';
import { createHttp } from './http.ts';
import type { Runner } from './runner.ts';
import { withExtensions, type JsonText } from './json-text.ts';
import { actAs, actingOf, type Acting } from './identity.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { createWebSocket } from './websocket.ts';

export interface GraphQLOptions {
  api: Api;
  /** priority and fairness for operations from outside; without it all run at once */
  flowControl?: FlowControl;
  log?(line: string): void;
  limits?: Partial<Limits>;
}
/** Of a request from outside; `readOnly`: a browser session that may not write, whose mutations are refused. */
export type OutsideContext = RequestContext & { readOnly?: boolean };
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
    /** the same as the text of the result, for what is not in this thread */
    executeText(request: InProcessRequest): Promise<JsonText>;
    subscribeText(request: InProcessRequest): AsyncIterableIterator<JsonText>;
  };
  /** Serves /graphql. `context.user` is system:anonymous where nothing authenticated the request. */
  handler(req: IncomingMessage, res: ServerResponse, context: OutsideContext): Promise<void>;
  /** graphql-transport-ws on /graphql */
  onUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer, context: OutsideContext): void;
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
export function createGraphQL({ api, flowControl, log = () => undefined, limits }: GraphQLOptions): GraphQLFacade {
  const allLimits = { ...DEFAULT_LIMITS, ...limits };
  const report = (error: unknown): void =>
    log(`graphql: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  const engine = new Engine(api, allLimits, report);

  /** Runs one operation for whom it says that it acts; `refused` makes what is wrong with it the result. */
  const execute = async <T>(
    request: InProcessRequest,
    { context, readOnly }: Caller,
    run: (context: RequestContext) => Promise<T>,
    refused: (error: unknown) => T,
    withWarnings: (result: T, extensions: Record<string, unknown>) => T,
  ): Promise<T> => {
    const warnings = new Set<string>();
    const warn = (text: string): void => {
      if (warnings.size < MAX_WARNINGS) warnings.add(text);
      context.warn(text);
    };
    try {
      if (readOnly && engine.operationType(request) === 'mutation') throw readOnlySession();
      const result = await run(actAs(api, context, request, warn));
      return warnings.size ? withWarnings(result, { warnings: [...warnings] }) : result;
    } catch (error) {
      return refused(error);
    }
  };
  const executeResult = (request: InProcessRequest, caller: Caller): Promise<Result> =>
    execute(
      request,
      caller,
      (context) => engine.execute(request, context),
      (error) => engine.refusal(error),
      (result, extensions) => ({ ...result, extensions }),
    );
  const executeText = (request: InProcessRequest, caller: Caller): Promise<JsonText> =>
    execute(request, caller, (context) => engine.executeText(request, context), refusedText, withExtensions);
  const refusedText = (error: unknown): JsonText => JSON.stringify(engine.refusal(error));
  const subscribe = <T>(
    request: InProcessRequest,
    { context }: Caller,
    run: (context: RequestContext) => AsyncIterableIterator<T>,
    refused: (error: unknown) => T,
  ): AsyncIterableIterator<T> => {
    try {
      return run(actAs(api, context, request, (text) => context.warn(text)));
    } catch (error) {
      return once(refused(error));
    }
  };
  const subscribeResult = (request: InProcessRequest, caller: Caller): AsyncIterableIterator<Result> =>
    subscribe(
      request,
      caller,
      (context) => engine.subscribe(request, context),
      (error) => engine.refusal(error),
    );
  const subscribeText = (request: InProcessRequest, caller: Caller): AsyncIterableIterator<JsonText> =>
    subscribe(request, caller, (context) => engine.subscribeText(request, context), refusedText);

  /** From outside: who it acts for is in `extensions`. */
  const outside: Runner<Caller> = {
    admit: (requests, { context }) => admitted(flowControl, engine, requests, context.user),
    async execute({ extensions, ...request }, caller) {
      try {
        return await executeText({ ...request, ...actingOf(extensions) }, caller);
      } catch (error) {
        return refusedText(error);
      }
    },
    subscribe({ extensions, ...request }, caller) {
      try {
        const texts = subscribeText({ ...request, ...actingOf(extensions) }, caller);
        return new AdmittedFirst(
          texts,
          () => admitted(flowControl, engine, [request], caller.context.user),
          refusedText,
        );
      } catch (error) {
        return once(refusedText(error));
      }
    },
  };
  const http = createHttp<Caller>(engine, outside, allLimits.batch);
  const sockets = createWebSocket<Caller>(api, engine, outside);

  const callerOf = (context: OutsideContext): Caller => ({ context, readOnly: context.readOnly ?? false });
  const system: Caller = { context: { user: SYSTEM, agent: 'ku7s', warn: () => undefined }, readOnly: false };

  return {
    get schema() {
      return engine.schema;
    },
    execute: (request, context) => executeResult(request, { context, readOnly: false }),
    subscribe: (request, context) => subscribeResult(request, { context, readOnly: false }),
    executor: {
      execute: (request) => executeResult(request, system),
      subscribe: (request) => subscribeResult(request, system),
      executeText: (request) => executeText(request, system),
      subscribeText: (request) => subscribeText(request, system),
    },
    async handler(req, res, context) {
      // Types that a plain form can send are how other sites' pages would write (CSRF).
      if (req.method === 'POST' && !/^application\/json\b/i.test(req.headers['content-type'] ?? ''))
        return refuse(res, unsupportedMediaType('the body must be application/json'));
      await http(req, res, callerOf(context));
    },
    onUpgrade: (req, socket, head, context) => sockets.upgrade(req, socket, head, callerOf(context)),
    close: () => sockets.close(),
  };
}

function refuse(res: ServerResponse, { status, code }: StatusError): void {
  res.writeHead(code, { 'content-type': 'application/json' });
  res.end(
    JSON.stringify({ errors: [{ message: status.message, extensions: { code, reason: status.reason, status } }] }),
  );
}

const readOnlySession = (): StatusError =>
  new StatusError({ message: 'this session is for reading only', reason: 'Forbidden', code: 403 });
