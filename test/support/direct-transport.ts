import type { GraphQLRequest, GraphQLResult, Transport } from '../../src/client/contract.ts';
import type { Executor } from '../../src/client/transports/executor.ts';

/** A client's transport to a server in the same thread. */
export function directTransport(executor: Executor): Transport {
  const copyOf = (request: GraphQLRequest): GraphQLRequest => JSON.parse(JSON.stringify(request)) as GraphQLRequest;
  return {
    execute: async (request) => JSON.parse(String(await executor.execute(copyOf(request)))) as GraphQLResult,
    subscribe: (request) => new Results(executor.subscribe(copyOf(request))),
    close: () => Promise.resolve(),
  };
}

/** Not a generator: `return()` must end a subscription on which `next()` waits. */
class Results implements AsyncIterableIterator<GraphQLResult> {
  constructor(private readonly texts: ReturnType<Executor['subscribe']>) {}
  async next(): Promise<IteratorResult<GraphQLResult>> {
    const { done, value } = await this.texts.next();
    return done ? { done, value: undefined } : { done: false, value: JSON.parse(String(value)) as GraphQLResult };
  }
  async return(): Promise<IteratorResult<GraphQLResult>> {
    await this.texts.return?.();
    return { done: true, value: undefined };
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
}
