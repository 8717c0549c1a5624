import { base64Problem, isBase64 } from '../../../go/base64.ts';
import { decodeShape, FLAG, listOf, mapOf, struct, TEXT, type Shape } from '../../../go/decode-shape.ts';
import { readReview, type ReviewType } from '../../webhooks/read-review.ts';
import type { Status } from '../../../meta/status.ts';
import { CallFailed } from './call-failed.ts';

/** admission/v1 AdmissionResponse */
export interface AdmissionResponse {
  uid?: string;
  allowed?: boolean;
  status?: Partial<Status>;
  /** base64 of a JSON patch */
  patch?: string;
  patchType?: string;
  auditAnnotations?: Record<string, string>;
  warnings?: string[];
}

/** In which webhooks are asked; which of them it is, a webhook says. */
export const REVIEW_VERSIONS = ['v1', 'v1beta1'] as const;
type ReviewVersion = (typeof REVIEW_VERSIONS)[number];

const reviewOf = (version: ReviewVersion): ReviewType => ({
  group: 'admission.k8s.io',
  kind: 'AdmissionReview',
  version,
  others: REVIEW_VERSIONS.filter((other) => other !== version),
  untyped: true,
});

const text = (go: string): Shape => ({ go, json: 'string' });
const INT32: Shape = { go: 'int32', json: 'integer' };
const INT64: Shape = { go: 'int64', json: 'integer' };
const ANSWER = struct('AdmissionReview', {
  response: struct('AdmissionResponse', {
    uid: text('types.UID'),
    allowed: FLAG,
    status: struct('Status', {
      metadata: struct('ListMeta', {
        selfLink: TEXT,
        resourceVersion: TEXT,
        continue: TEXT,
        remainingItemCount: INT64,
      }),
      status: TEXT,
      message: TEXT,
      reason: text('v1.StatusReason'),
      code: INT32,
      details: struct('StatusDetails', {
        name: TEXT,
        group: TEXT,
        kind: TEXT,
        uid: text('types.UID'),
        causes: listOf(struct('StatusCause', { reason: text('v1.CauseType'), message: TEXT, field: TEXT })),
        retryAfterSeconds: INT32,
      }),
    }),
    patch: text('[]uint8'),
    patchType: text('v1.PatchType'),
    auditAnnotations: mapOf(TEXT),
    warnings: listOf(TEXT),
  }),
});

const refuse = (why: string): CallFailed => new CallFailed(`received invalid webhook response: ${why}`);

/**
 * The response in the answer of a webhook, decoded as Go decodes it: what is not there is empty, what is of another type
 * is an error. Throws CallFailed, in the words of kube-apiserver. Source: apiserver's VerifyAdmissionResponse.
 */
export function readResponse(
  answer: string,
  version: ReviewVersion,
  uid: unknown,
  mutating: boolean,
): AdmissionResponse {
  const { apiVersion, response } = decodeReview(answer, version);
  if (!response) throw refuse('webhook response was absent');
  const { uid: said = '', patch = '', patchType, ...rest } = response;
  // neither the uid nor the type of a patch was ever asked of the older version
  if (version === 'v1beta1') return mutating && patch ? { ...rest, patch, patchType: 'JSONPatch' } : rest;
  if (said !== uid) throw refuse(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(said)}`);
  if (!apiVersion) throw refuse(`expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got /, Kind=`);
  if (!mutating) {
    if (patch) throw refuse('validating webhook may not return response.patch');
    if (patchType !== undefined) throw refuse('validating webhook may not return response.patchType');
  } else if (patch && patchType === undefined) {
    throw refuse('webhook returned response.patch but not response.patchType');
  } else if (patchType !== undefined && !patch) {
    throw refuse('webhook returned response.patchType but not response.patch');
  } else if (patchType === '') {
    throw refuse('webhook returned invalid response.patchType of ""');
  }
  return response;
}

function decodeReview(
  answer: string,
  version: ReviewVersion,
): { apiVersion: unknown; response: AdmissionResponse | undefined } {
  try {
    const review = readReview(answer, reviewOf(version));
    const { value } = decodeShape(review, ANSWER);
    const { response } = value as { response?: AdmissionResponse };
    const patch = response?.patch ?? '';
    if (!isBase64(patch)) throw new Error(`illegal base64 data at input byte ${base64Problem(patch)}`);
    return { apiVersion: review['apiVersion'], response };
  } catch (error) {
    throw new CallFailed(`failed to call webhook: ${(error as Error).message}`);
  }
}
