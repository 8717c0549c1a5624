import https from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import { LRUCache } from 'lru-cache';
import { parseExact } from '../../go/json-numbers.ts';
import { scanJson } from '../../go/json-scan.ts';
import { MAX_VALUES } from '../../kinds/body-bounds.ts';
import { bundleProblem } from '../../kinds/custom/definition/ca-bundle.ts';
import { isRecord } from '../../meta/record.ts';
import { answerTo, type Answer } from '../../rules/http/answer-to.ts';
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
  sizeCalculation: (_, bundle) => bundle.length + 1,
});

/** Who asks cannot even begin: of its configuration no client is made. */
export class NoClient extends Error {}

/** What trusts a bundle (PEM in base64), or for '' what Node trusts. Throws NoClient where nobody can be trusted by it. */
function contextOf(bundle: string): SecureContext {
  let context = contexts.get(bundle);
  if (context) return context;
  const problem = bundleProblem(bundle);
  if (problem !== undefined) throw new NoClient(`could not get REST client: ${problem}`);
  context = createSecureContext(bundle ? { ca: Buffer.from(bundle, 'base64') } : {});
  contexts.set(bundle, context);
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

/** Of words of a server that are no Status. */
const MOST_WORDS = 2048;

/** Why an answer is of no use; undefined where it is one. Source: client-go's rest/request.go. */
function problemOf({ code, body, contentType }: Answer): string | undefined {
  if (code >= 200 && code <= 206)
    return body.length
      ? undefined
      : `0-length response with status code: ${code} and content type: ${contentType || 'application/json'}`;
  const isText = contentType === '' || /^text\//i.test(contentType);
  return said(body) ?? httpProblem(code, isText ? body.toString('utf8').slice(0, MOST_WORDS).trim() : 'unknown');
}

/** What a Status says that has failed. */
function said(body: Buffer): string | undefined {
  try {
    const answer = readJson(body.toString('utf8'));
    if (!isRecord(answer) || answer['kind'] !== 'Status' || answer['apiVersion'] !== 'v1') return undefined;
    return answer['status'] === 'Success' ? undefined : String(answer['message'] ?? '');
  } catch {
    return undefined; // no JSON, or more than is read
  }
}

/** Sends JSON and answers the text of what comes back. Rejects with Error on anything but success in time. */
async function post(url: URL, servername: string | undefined, call: Call): Promise<string> {
  const { body, config, timeoutSeconds, mostBytes } = call;
  const { caBundle = '' } = config;
  const options: https.RequestOptions & { secureContext: SecureContext } = {
    method: 'POST',
    agent,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      'content-length': body.reduce((sum, { length }) => sum + length, 0),
    },
    signal: AbortSignal.timeout(timeoutSeconds * 1000),
    secureContext: contextOf(caBundle),
    // connections are shared among those that trust the same
    ...(caBundle && { ca: caBundle }),
    ...(servername && { servername }),
  };
  const request = https.request(url, options);
  for (const piece of body) request.write(piece);
  const tooLarge = (): Error => new Error(`the answer is larger than ${mostBytes} bytes`);
  const answer = await answerTo(request, mostBytes, tooLarge);
  const problem = problemOf(answer);
  if (problem !== undefined) throw new HttpProblem(problem, answer.code);
  return answer.body.toString('utf8');
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
    if (error instanceof HttpProblem || error instanceof NoClient) throw error;
    // a port of its own is left out of a URL, but not of that of a service
    const text = config.service ? shown.href.replace(/^(https:\/\/[^/:]+)\//, '$1:443/') : shown.href;
    throw new Error(`Post ${JSON.stringify(text)}: ${goTransportError(error as Error)}`, { cause: error });
  }
}
