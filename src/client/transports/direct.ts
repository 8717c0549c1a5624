import type { GraphQLRequest, GraphQLResult, Transport } from '../contract.ts';

/** What runs documents: the GraphQL server of this process with a user bound to it, or the far end of a port. */
export interface Executor {
  execute(request: GraphQLRequest): Promise<GraphQLResult>;
  subscribe(request: GraphQLRequest): AsyncIterableIterator<GraphQLResult>;
}

/** The same thread: results come by reference, so objects are shared with the server's cache and must not be changed. */
export function directTransport(executor: Executor): Transport {
  return {
    execute: (request) => executor.execute(request),
    subscribe: (request) => executor.subscribe(request),
    close: () => Promise.resolve(),
  };
}

/** JSON, as text or as bytes. */
export type JsonMessage = string | { readonly length: number; readonly buffer: Uint8Array; toString(): string };

/** The same with each result as the JSON of it. */
export interface TextExecutor {
  executeText(request: GraphQLRequest): Promise<JsonMessage>;
  subscribeText(request: GraphQLRequest): AsyncIterableIterator<JsonMessage>;
}
