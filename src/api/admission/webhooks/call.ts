import { stringifyExact } from '../../../go/json-numbers.ts';
import type { AdmissionRequest } from '../plugin.ts';
import type { ClientConfig } from '../../webhooks/address.ts';
import { postJson } from '../../webhooks/post-json.ts';
import { readResponse, type AdmissionResponse } from './response.ts';
import { requestFacts, sentObject } from './request-facts.ts';

/** An answer of a webhook larger than this is refused. */
const MAX_ANSWER = 3 << 20;
/** The objects of a request as they are sent: however many webhooks are asked, the bytes are made once. */
export interface SentObjects {
  object: Buffer;
  oldObject: Buffer;
}

export const sentObjects = (request: AdmissionRequest): SentObjects => ({
  object: Buffer.from(stringifyExact(sentObject(request, request.object))),
  oldObject: Buffer.from(stringifyExact(sentObject(request, request.old))),
});

/** Asks a webhook about a request. Rejects with Error where it cannot be asked or its answer cannot be read. */
export async function callWebhook(
  request: AdmissionRequest,
  config: ClientConfig,
  { timeoutSeconds, mutating }: { timeoutSeconds: number; mutating: boolean },
  { object, oldObject }: SentObjects,
): Promise<AdmissionResponse> {
  const facts = requestFacts(request);
  const review = { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1' };
  const head = `${JSON.stringify(review).slice(0, -1)},"request":${stringifyExact(facts).slice(0, -1)},"object":`;
  const body = [Buffer.from(head), object, Buffer.from(',"oldObject":'), oldObject, Buffer.from('}}')];
  const { store, destinations } = request;
  const call = { config, body, timeoutSeconds, mostBytes: MAX_ANSWER };
  const answer = await postJson(store, destinations, call).catch((error: Error) => {
    throw new Error(`failed to call webhook: ${error.message}`, { cause: error });
  });
  return readResponse(answer, facts['uid'], mutating);
}
