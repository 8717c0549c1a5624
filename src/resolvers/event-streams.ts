import { GraphQLObjectType, GraphQLSchema, GraphQLString, type ExecutionResult } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { ServerResponse } from 'node:http';
import { drained } from './answer.ts';
import type { Engine } from './engine.ts';
import type { JsonText } from './json-text.ts';
import type { Subscriber } from './live/subscriber.ts';

/** Answers a request, which has been read and checked, with results as they come. */
export type EventStreams = (res: ServerResponse, results: Subscriber) => Promise<void>;

/** What yoga is asked: the request itself has been read. */
const ASKED = { method: 'POST', headers: { accept: 'text/event-stream', 'content-type': 'application/json' } };

/** yoga wants one for each request, and asks it nothing here: ours is made as a whole by who asks for it. */
const NO_SCHEMA = new GraphQLSchema({
  query: new GraphQLObjectType({ name: 'Query', fields: { none: { type: GraphQLString } } }),
});

/**
 * Results over HTTP as event streams (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md, distinct
 * connections): `next` for each, `complete` at the end, a sign of life in between. yoga writes them, at the pace of the
 * client; reading, checking and running are the same as on the other transports.
 */
export function createEventStreams(engine: Engine): EventStreams {
  const given: Plugin<object, { results: Subscriber }> = {
    onRequestParse({ setRequestParser }) {
      setRequestParser(() => ({ query: '{ __typename }' }));
    },
    onParams({ setParamsHandler }) {
      setParamsHandler(({ context }) => new Results(context.results, engine));
    },
  };
  const yoga = createYoga<{ results: Subscriber }>({
    schema: NO_SCHEMA,
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
  return async (res, results) => {
    const { status, headers, body } = await yoga.fetch('https://localhost/graphql', ASKED, { results });
    // HTTP/2 has no such header, and HTTP/1 keeps its connection by itself
    headers.delete('connection');
    res.writeHead(status, Object.fromEntries(headers));
    const reader = body?.getReader();
    res.once('close', () => {
      void results.return();
      void reader?.cancel().catch(() => undefined);
    });
    for (let read = await reader?.read(); read && !read.done && !res.destroyed; read = await reader?.read())
      if (!res.write(read.value)) await drained(res);
    res.end();
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
