import https from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import { LRUCache } from 'lru-cache';
import { parseExact } from '../../go/json-numbers.ts';
import { scanJson } from '../../go/json-scan.ts';
import { MAX_VALUES } from '../../kinds/body-bounds.ts';
import { answerTo } from '../../rules/http/answer-to.ts';
import type { Store } from '../../store/contract.ts';
import type { Destinations } from '../streams/destinations.ts';
import { nextTurn } from '../fairness/turns.ts';
import { addressOf, shownUrl, type ClientConfig } from './address.ts';
import { goTransportError, httpProblem } from './transport-error.ts';

/** Open connections to one webhook server, and those that are kept. */
const agent = new https.Agent({ keepAlive: true, maxSockets: 64, maxFreeSockets: 16 });

/** Reading a CA takes half a millisecond, for each connection if it is not kept. */
const contexts = new LRUCache<string, SecureContext>({
  max: 256,
  maxSize: 4 << 20,
  sizeCalculation: (_, ca) => ca.length + 1,
});

/** What trusts a CA (PEM), or for '' what Node trusts. Throws for what is no PEM. */
function contextOf(ca: string): SecureContext {
  let context = contexts.get(ca);
  if (!context) contexts.set(ca, (context = createSecureContext(ca ? { ca } : {})));
  return context;
}

/** Values inside each other in an answer: those that read it call themselves for each level. */
const MAX_DEPTH = 500;

/**
 * JSON of another program, once it is known not to be too many values or too deep; integers beyond 2^53 are bigints, as in
 * bodies of requests. Throws Error.
 */
export function readJson(text: string, mostValues = MAX_VALUES): unknown {
  const { values, depth, odd } = scanJson(text);
  if (values > mostValues) throw new Error(`more than ${mostValues} values`);
  if (depth > MAX_DEPTH) throw new Error(`deeper than ${MAX_DEPTH} levels`);
  return odd ? parseExact(text) : JSON.parse(text);
}

/** The server was reached, but its answer is of no use. */
export class HttpProblem extends Error {
  /** @param code of the answer */
  constructor(
    message: string,
    readonly code: number,
  ) {
    super(message);
  }
}

/** What is sent, and how much of an answer is taken. */
export interface Call {
  config: ClientConfig;
  body: readonly Buffer[];
  timeoutSeconds: number;
  /** bytes */
  mostBytes: number;
  /** of JSON; as of a request's body where not said */
  mostValues?: number;
}

/** Sends JSON and answers the text of what comes back. Rejects with Error on anything but 200 in time. */
async function post(url: URL, servername: string | undefined, call: Call): Promise<string> {
  const { body, config, timeoutSeconds, mostBytes } = call;
  const ca = config.caBundle ? Buffer.from(config.caBundle, 'base64').toString('utf8') : '';
  const options: https.RequestOptions & { secureContext: SecureContext } = {
    method: 'POST',
    agent,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      'content-length': body.reduce((sum, { length }) => sum + length, 0),
    },
    signal: AbortSignal.timeout(timeoutSeconds * 1000),
    secureContext: contextOf(ca),
    // connections are shared among those that trust the same
    ...(ca && { ca }),
    ...(servername && { servername }),
  };
  const request = https.request(url, options);
  for (const piece of body) request.write(piece);
  const tooLarge = (): Error => new Error(`the answer is larger than ${mostBytes} bytes`);
  const answer = await answerTo(request, mostBytes, tooLarge);
  const text = answer.body.toString('utf8');
  if (answer.code !== 200) throw new HttpProblem(httpProblem(answer.code, text.slice(0, 256)), answer.code);
  return text;
}

/**
 * Posts JSON to a webhook and answers the text that it answers. Errors speak of the address that the configuration
 * names, wherever it leads, in the words of Go's client.
 */
export async function postJson(store: Store, destinations: Destinations, call: Call): Promise<string> {
  const { config, timeoutSeconds } = call;
  const shown = shownUrl(config);
  shown.searchParams.set('timeout', `${timeoutSeconds}s`);
  try {
    const { url, servername } = await addressOf(store, destinations, config);
    url.search = shown.search;
    // hundreds may be asked about one object, and each connection is work
    await nextTurn();
    return await post(url, servername, call);
  } catch (error) {
    if (error instanceof HttpProblem) throw error;
    // a port of its own is left out of a URL, but not of that of a service
    const text = config.service ? shown.href.replace(/^(https:\/\/[^/:]+)\//, '$1:443/') : shown.href;
    throw new Error(`Post ${JSON.stringify(text)}: ${goTransportError(error as Error)}`, { cause: error });
  }
}
