import { stringifyExact } from '../../../go/json-numbers.ts';
import { HttpProblem, NoClient, postJson } from '../../webhooks/post-json.ts';
import type { Matched } from '../matching/rules.ts';
import type { AdmissionRequest } from '../plugin.ts';
import type { View } from '../view.ts';
import { CallFailed } from './call-failed.ts';
import type { Webhook } from './configured.ts';
import { requestFacts } from './request-facts.ts';
import { readResponse, REVIEW_VERSIONS, type AdmissionResponse } from './response.ts';

/** An answer of a webhook larger than this is refused. */
const MAX_ANSWER = 3 << 20;
const TIMEOUT_SECONDS = 10;

/** However many webhooks are asked about the same objects, their bytes are made once. */
const bytes = new WeakMap<View, { object: Buffer; oldObject: Buffer }>();

function bytesOf(view: View): { object: Buffer; oldObject: Buffer } {
  let made = bytes.get(view);
  if (!made) {
    const { object, oldObject } = view;
    made = { object: Buffer.from(stringifyExact(object)), oldObject: Buffer.from(stringifyExact(oldObject)) };
    bytes.set(view, made);
  }
  return made;
}

/** Asks a webhook about a request. Rejects with CallFailed where it cannot be asked or its answer cannot be read. */
export async function callWebhook(
  request: AdmissionRequest,
  { admissionReviewVersions, clientConfig, timeoutSeconds = TIMEOUT_SECONDS }: Webhook,
  mutating: boolean,
  matched: Matched,
  view: View,
): Promise<AdmissionResponse> {
  const version = REVIEW_VERSIONS.find((known) => known === admissionReviewVersions.find(isKnown));
  if (!version) {
    const versions = `(${REVIEW_VERSIONS.join(', ')})`;
    const why = `webhook does not accept known AdmissionReview versions ${versions}`;
    throw new CallFailed(`could not create admission objects: ${why}`, 400);
  }
  const facts = requestFacts(request, matched);
  const { object, oldObject } = bytesOf(view);
  const review = { kind: 'AdmissionReview', apiVersion: `admission.k8s.io/${version}` };
  const head = `${JSON.stringify(review).slice(0, -1)},"request":${stringifyExact(facts).slice(0, -1)},"object":`;
  const body = [Buffer.from(head), object, Buffer.from(',"oldObject":'), oldObject, Buffer.from('}}')];
  const { store, destinations } = request;
  const call = { config: clientConfig, body, timeoutSeconds, mostBytes: MAX_ANSWER };
  const answer = await postJson(store, destinations, call).catch((error: Error) => {
    if (error instanceof NoClient) throw new CallFailed(error.message);
    const code = error instanceof HttpProblem ? error.code : undefined;
    throw new CallFailed(`failed to call webhook: ${error.message}`, code);
  });
  return readResponse(answer, version, facts['uid'], mutating);
}

const isKnown = (version: string): boolean => REVIEW_VERSIONS.some((known) => known === version);
