import { createGraphiQLFetcher, isAsyncIterable, type Fetcher, type FetcherParams } from '@graphiql/toolkit';
import { getOperationAST, parse } from 'graphql';
import type { EventLog } from './event-log.ts';

/** Before a query is sent once more, ms. */
const AGAIN_MS = 300;

/**
 * Sends operations to the server that the page is of: subscriptions over a web socket, which says by its parameters what
 * the headers editor says. What a subscription sends is written down too.
 */
export function createFetcher({ host, protocol }: Pick<Location, 'host' | 'protocol'>, log: EventLog): Fetcher {
  const send = createGraphiQLFetcher({
    url: '/graphql',
    subscriptionUrl: `${protocol === 'http:' ? 'ws' : 'wss'}://${host}/graphql`,
    enableIncrementalDelivery: false,
  });
  return async (params, options) => {
    try {
      const answer = await send(params, options);
      return isAsyncIterable(answer) ? log.follow(answer) : answer;
    } catch (error) {
      // A browser drops what is on its way when the machine's network changes; only what changes nothing is sent again.
      if (!(error instanceof TypeError) || !isQuery(params)) throw error;
      await new Promise((later) => setTimeout(later, AGAIN_MS));
      return send(params, options);
    }
  };
}

export function isQuery({ query, operationName }: FetcherParams): boolean {
  try {
    return getOperationAST(parse(query), operationName)?.operation === 'query';
  } catch {
    return false;
  }
}
