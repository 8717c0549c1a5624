import type { ExecutionResult } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Engine } from './engine.ts';
import type { JsonText } from './json-text.ts';
import type { Subscriber } from './subscription.ts';

/** Answers a request, which has been read and checked, with results as they come. */
export type EventStreams = (req: IncomingMessage, res: ServerResponse, results: Subscriber) => Promise<void>;

/**
 * Results over HTTP as event streams (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md, distinct
 * connections): `next` for each, `complete` at the end, a sign of life in between. yoga writes them; reading, checking
 * and running are the same as on the other transports.
 */
export function createEventStreams(engine: Engine): EventStreams {
  const given: Plugin<object, { results: Subscriber }> = {
    onRequestParse({ setRequestParser }) {
      // the body has been read
      setRequestParser(() => ({ query: '{ __typename }' }));
    },
    onParams({ setParamsHandler }) {
      setParamsHandler(({ context }) => new Results(context.results, engine));
    },
  };
  const yoga = createYoga<{ results: Subscriber }>({
    schema: () => engine.schema,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    graphiql: false,
    cors: false,
    multipart: false,
    logging: false,
    maskedErrors: false,
    batching: false,
    plugins: [given],
  });
  return async (req, res, results) => {
    await yoga.handle(req, res, { results });
  };
}

/** yoga writes a result by its own `stringify` where it has one. */
const asResult = (text: JsonText): ExecutionResult => ({ stringify: () => text.toString() }) as ExecutionResult;

/** Not a generator: `return()` must end a subscription on which `next()` waits. An error is the last result. */
class Results implements AsyncIterableIterator<ExecutionResult> {
  private failed = false;
  constructor(
    private readonly texts: Subscriber,
    private readonly engine: Engine,
  ) {}
  async next(): Promise<IteratorResult<ExecutionResult>> {
    if (this.failed) return { done: true, value: undefined };
    try {
      const text = await this.texts.next();
      return text.done ? { done: true, value: undefined } : { done: false, value: asResult(text.value) };
    } catch (error) {
      this.failed = true;
      return { done: false, value: asResult(this.engine.refused(error)) };
    }
  }
  async return(): Promise<IteratorResult<ExecutionResult>> {
    await this.texts.return();
    return { done: true, value: undefined };
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
}
