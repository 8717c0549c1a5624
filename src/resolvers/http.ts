import { GraphQLError, type ExecutionResult } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Engine, OperationRequest, Result } from './engine.ts';

/** What runs one operation of a request that came over HTTP; `subscribe` only where the client takes an event stream. */
export interface HttpRunner {
  execute(request: OperationRequest & { extensions?: unknown }, caller: Caller): Promise<Result>;
  subscribe(request: OperationRequest & { extensions?: unknown }, caller: Caller): AsyncIterableIterator<Result>;
}
/** Opaque to yoga: it hands it from the request to the runner. */
export interface Caller {
  readonly caller: unknown;
}

const notByGet: ExecutionResult = {
  errors: [
    new GraphQLError('mutations need POST', { extensions: { http: { status: 405, headers: { allow: 'POST' } } } }),
  ],
};

/** Bytes of a request's body, as kube-apiserver's own limit. */
const MAX_BODY = 3 * 1024 * 1024;

/**
 * The HTTP side by yoga: negotiation, body limits, batches, event streams. Parsing, validation and execution are the
 * engine's, as on the other transports.
 */
export function createHttp(
  engine: Engine,
  runner: HttpRunner,
  batch: number,
): (req: IncomingMessage, res: ServerResponse, caller: Caller) => Promise<void> {
  const runInEngine: Plugin<Caller> = {
    onParams({ request, setParamsHandler }) {
      const { method } = request;
      const streams = (request.headers.get('accept') ?? '').includes('text/event-stream');
      setParamsHandler(({ params, context }) => {
        const operation = {
          query: params.query as string,
          variables: params.variables,
          operationName: params.operationName,
          extensions: params.extensions,
        };
        const type = typeof operation.query === 'string' ? engine.operationType(operation) : undefined;
        if (method === 'GET' && type === 'mutation') return notByGet;
        const caller = context as unknown as Caller;
        const result =
          type === 'subscription' && streams ? runner.subscribe(operation, caller) : runner.execute(operation, caller);
        // yoga types errors as graphql's class; ours are what is printed of it.
        return result as AsyncIterableIterator<ExecutionResult> | Promise<ExecutionResult>;
      });
    },
  };
  const yoga = createYoga<Caller>({
    schema: () => engine.schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    graphiql: false,
    cors: false,
    multipart: false,
    logging: false,
    maskedErrors: false,
    batching: { limit: batch },
    maxRequestBodySize: MAX_BODY,
    plugins: [runInEngine],
  });
  return async (req, res, caller) => {
    await yoga.handle(req, res, caller);
  };
}
