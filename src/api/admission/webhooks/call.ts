import https from 'node:https';
import { stringifyExact } from '../../../go/json-numbers.ts';
import { scanJson } from '../../../go/json-scan.ts';
import { MAX_VALUES } from '../../../kinds/body-bounds.ts';
import { readAnswer } from '../../../rules/http/read-answer.ts';
import type { AdmissionRequest } from '../plugin.ts';
import { addressOf, shownUrl, type ClientConfig } from './address.ts';
import { requestFacts, sentObject } from './request-facts.ts';
import { goTransportError, httpProblem } from './transport-error.ts';

/** admission/v1 AdmissionResponse */
export interface AdmissionResponse {
  uid: string;
  allowed: boolean;
  status?: { message?: string; reason?: string; code?: number };
  /** base64 of a JSON patch */
  patch?: string;
  patchType?: string;
  auditAnnotations?: Record<string, string>;
  warnings?: string[];
}

/** An answer of a webhook larger than this is refused. */
const MAX_ANSWER = 3 << 20;
/** Open connections to one webhook server, and those that are kept. */
const agent = new https.Agent({ keepAlive: true, maxSockets: 64, maxFreeSockets: 16 });

/** Values inside each other in an answer: those that read it call themselves for each level. */
const MAX_DEPTH = 500;

/** The objects of a request as they are sent: however many webhooks are asked, the bytes are made once. */
export interface SentObjects {
  object: Buffer;
  oldObject: Buffer;
}

export const sentObjects = (request: AdmissionRequest): SentObjects => ({
  object: Buffer.from(stringifyExact(sentObject(request, request.object))),
  oldObject: Buffer.from(stringifyExact(sentObject(request, request.old))),
});

/** JSON of another program, once it is known not to be too many values or too deep. Throws Error. */
export function readJson(text: string): unknown {
  const { values, depth } = scanJson(text);
  if (values > MAX_VALUES) throw new Error(`more than ${MAX_VALUES} values`);
  if (depth > MAX_DEPTH) throw new Error(`deeper than ${MAX_DEPTH} levels`);
  return JSON.parse(text);
}

/** The server was reached, but its answer is of no use. */
class Answered extends Error {}

/** Sends JSON and reads JSON. Rejects with Error on anything but 200 in time. */
function post(
  url: URL,
  body: readonly Buffer[],
  ca: string | undefined,
  servername: string | undefined,
  timeoutMs: number,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = https.request(
      url,
      {
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          'content-length': body.reduce((sum, { length }) => sum + length, 0),
        },
        signal: AbortSignal.timeout(timeoutMs),
        ...(ca && { ca }),
        ...(servername && { servername }),
      },
      (response) => {
        const tooLarge = () => new Error(`the answer is larger than ${MAX_ANSWER} bytes`);
        readAnswer(response, MAX_ANSWER, tooLarge).then((answer) => {
          const text = answer.toString('utf8');
          if (response.statusCode !== 200)
            return reject(new Answered(httpProblem(response.statusCode ?? 0, text.slice(0, 256))));
          try {
            resolve(readJson(text));
          } catch (error) {
            reject(new Answered((error as Error).message));
          }
        }, reject);
      },
    );
    request.on('error', reject);
    for (const piece of body) request.write(piece);
    request.end();
  });
}

/** Asks a webhook about a request. Rejects with Error where it cannot be asked or its answer cannot be read. */
export async function callWebhook(
  request: AdmissionRequest,
  config: ClientConfig,
  timeoutSeconds: number,
  { object, oldObject }: SentObjects,
): Promise<AdmissionResponse> {
  const facts = requestFacts(request);
  const review = { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1' };
  const head = `${JSON.stringify(review).slice(0, -1)},"request":${stringifyExact(facts).slice(0, -1)},"object":`;
  const body = [Buffer.from(head), object, Buffer.from(',"oldObject":'), oldObject, Buffer.from('}}')];
  const answer = await postTo(request, config, body, timeoutSeconds);
  const { response, apiVersion, kind } = (answer ?? {}) as {
    response?: AdmissionResponse;
    apiVersion?: string;
    kind?: string;
  };
  const refuse = (why: string): Error => new Error(`received invalid webhook response: ${why}`);
  if (apiVersion !== review.apiVersion || kind !== review.kind) {
    throw refuse(
      `expected webhook response of ${review.apiVersion}, Kind=${review.kind}, got ${apiVersion ?? '/'}, Kind=${kind ?? ''}`,
    );
  }
  if (!response) throw refuse('webhook response was absent');
  if (response.uid !== facts['uid'])
    throw refuse(`expected response.uid=${JSON.stringify(facts['uid'])}, got ${JSON.stringify(response.uid ?? '')}`);
  return response;
}

/** Posts JSON to a webhook. Errors speak of the address that the configuration names, wherever it leads. */
async function postTo(
  { store, destinations }: AdmissionRequest,
  config: ClientConfig,
  body: readonly Buffer[],
  timeoutSeconds: number,
): Promise<unknown> {
  const shown = shownUrl(config);
  shown.searchParams.set('timeout', `${timeoutSeconds}s`);
  const ca = config.caBundle ? Buffer.from(config.caBundle, 'base64').toString('utf8') : undefined;
  try {
    const { url, servername } = await addressOf(store, destinations, config);
    url.search = shown.search;
    return await post(url, body, ca, servername, timeoutSeconds * 1000);
  } catch (error) {
    if (error instanceof Answered) throw new Error(`failed to call webhook: ${error.message}`, { cause: error });
    // a port of its own is left out of a URL, but not of that of a service
    const text = config.service ? shown.href.replace(/^(https:\/\/[^/:]+)\//, '$1:443/') : shown.href;
    throw new Error(`failed to call webhook: Post ${JSON.stringify(text)}: ${goTransportError(error as Error)}`, {
      cause: error,
    });
  }
}
