import type { ExecutionResult } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Engine } from './engine.ts';
import type { JsonText } from './json-text.ts';
import { whenAdmitted, type OutsideRequest, type Runner } from './runner.ts';

/**
 * Subscriptions over HTTP, as event streams: yoga reads the request and writes the events; parsing, validation and
 * execution are the engine's, as on the other transports.
 */
export function createEventStreams<Caller>(
  engine: Engine,
  runner: Runner<Caller>,
  maxRequestBodySize: number,
): (req: IncomingMessage, res: ServerResponse, caller: Caller) => Promise<void> {
  const runInEngine: Plugin<{ caller: Caller }> = {
    onParams({ request: { method }, setParamsHandler }) {
      setParamsHandler(({ params, context }) => {
        const { variables, operationName, extensions } = params;
        const operation: OutsideRequest = { query: params.query as string, variables, operationName, extensions };
        const { caller } = context as unknown as { caller: Caller };
        const type = typeof operation.query === 'string' ? engine.operationType(operation) : undefined;
        if (method === 'GET' && type === 'mutation') return asResult('{"errors":[{"message":"mutations need POST"}]}');
        if (type === 'subscription') return new Results(runner.subscribe(operation, caller));
        return whenAdmitted(runner, [operation], caller, () => runner.execute(operation, caller))
          .catch((error: unknown) => JSON.stringify(engine.refusal(error)))
          .then(asResult);
      });
    },
  };
  const yoga = createYoga<{ caller: Caller }>({
    schema: () => engine.schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    graphiql: false,
    cors: false,
    multipart: false,
    logging: false,
    maskedErrors: false,
    batching: false,
    maxRequestBodySize,
    plugins: [runInEngine],
  });
  return async (req, res, caller) => {
    await yoga.handle(req, res, { caller });
  };
}

/** yoga writes a result by its own `stringify` where it has one. */
const asResult = (text: JsonText): ExecutionResult => ({ stringify: () => text.toString() }) as ExecutionResult;

/** Not a generator: `return()` must end a subscription on which `next()` waits. */
class Results implements AsyncIterableIterator<ExecutionResult> {
  constructor(private readonly texts: AsyncIterableIterator<JsonText>) {}
  async next(): Promise<IteratorResult<ExecutionResult>> {
    const text = await this.texts.next();
    return text.done ? text : { done: false, value: asResult(text.value) };
  }
  async return(): Promise<IteratorResult<ExecutionResult>> {
    await this.texts.return?.();
    return { done: true, value: undefined };
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
}
