import type { Bench } from '../row.ts';

/** Answers a second of a query that has pods: an answer without them is no measure. @param query with `$namespace: String` */
export async function pagesOfPods(bench: Bench, query: string): Promise<number> {
  const body = JSON.stringify({ query, variables: { namespace: bench.namespace } });
  const paths = ['/graphql'];
  const result = await bench.load({ method: 'POST', paths, body, inFlight: 16, seconds: bench.seconds });
  if (result.bytes / result.done < 10_000)
    throw new Error(`the answers have no pods (${result.bytes / result.done} bytes)`);
  return result.rate;
}
