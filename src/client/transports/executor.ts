import type { GraphQLRequest } from '../contract.ts';

/** JSON, as text or as bytes. */
export type JsonMessage = string | { readonly length: number; readonly buffer: Uint8Array; toString(): string };

/** What runs documents at a transport's far end: a GraphQL server with a user bound to it. Results are JSON. */
export interface Executor {
  execute(request: GraphQLRequest): Promise<JsonMessage>;
  subscribe(request: GraphQLRequest): AsyncIterableIterator<JsonMessage>;
}
