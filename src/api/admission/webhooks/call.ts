import https from 'node:https';
import type { AdmissionRequest } from '../plugin.ts';
import { addressOf, type ClientConfig } from './address.ts';
import { requestFacts, sentObject } from './request-facts.ts';

/** admission/v1 AdmissionResponse */
export interface AdmissionResponse {
  uid: string;
  allowed: boolean;
  status?: { message?: string; reason?: string; code?: number };
  /** base64 of a JSON patch */
  patch?: string;
  patchType?: string;
  warnings?: string[];
}

/** An answer of a webhook larger than this is refused. */
const MAX_ANSWER = 3 << 20;
/** Open connections to one webhook server, and those that are kept. */
const agent = new https.Agent({ keepAlive: true, maxSockets: 64, maxFreeSockets: 16 });

/** Sends JSON and reads JSON. Rejects with Error on anything but 200 in time. */
function post(url: URL, body: string, ca: string | undefined, servername: string | undefined, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = https.request(
      url,
      {
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', accept: 'application/json', 'content-length': Buffer.byteLength(body) },
        signal: AbortSignal.timeout(timeoutMs),
        ...(ca && { ca }),
        ...(servername && { servername }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_ANSWER) request.destroy(new Error(`the answer is larger than ${MAX_ANSWER} bytes`));
          else chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode !== 200) return reject(new Error(`an error on the server (${JSON.stringify(Buffer.concat(chunks).toString('utf8').slice(0, 256))}) has prevented the request from succeeding`));
          try {
            resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')));
          } catch (error) {
            reject(error as Error);
          }
        });
      },
    );
    request.on('error', (error) => reject(error.name === 'AbortError' || error.name === 'TimeoutError' ? new Error('context deadline exceeded') : error));
    request.end(body);
  });
}

/** Asks a webhook about a request. Rejects with Error where it cannot be asked or its answer cannot be read. */
export async function callWebhook(request: AdmissionRequest, config: ClientConfig, timeoutSeconds: number): Promise<AdmissionResponse> {
  const { url, servername } = addressOf(request.core, config);
  const facts = requestFacts(request);
  const review = {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: { ...facts, object: sentObject(request, request.object), oldObject: sentObject(request, request.old) },
  };
  url.searchParams.set('timeout', `${timeoutSeconds}s`);
  const ca = config.caBundle ? Buffer.from(config.caBundle, 'base64').toString('utf8') : undefined;
  try {
    const answer = (await post(url, JSON.stringify(review), ca, servername, timeoutSeconds * 1000)) as { response?: AdmissionResponse } | null;
    const response = answer?.response;
    if (!response) throw new Error('webhook response was absent');
    if (response.uid !== facts['uid']) throw new Error(`expected response.uid=${JSON.stringify(facts['uid'])}, got ${JSON.stringify(response.uid)}`);
    return response;
  } catch (error) {
    throw new Error(`failed to call webhook: Post ${JSON.stringify(url.href)}: ${(error as Error).message}`);
  }
}
