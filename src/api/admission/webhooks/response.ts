import { base64Problem, isBase64 } from '../../../go/base64.ts';
import { decodeShape, FLAG, listOf, mapOf, struct, TEXT, type Shape } from '../../../go/decode-shape.ts';
import { readReview, Untyped, type ReviewType } from '../../webhooks/read-review.ts';

/** admission/v1 AdmissionResponse */
export interface AdmissionResponse {
  uid?: string;
  allowed?: boolean;
  status?: { message?: string; reason?: string; code?: number };
  /** base64 of a JSON patch */
  patch?: string;
  patchType?: string;
  auditAnnotations?: Record<string, string>;
  warnings?: string[];
}

const REVIEW: ReviewType = {
  group: 'admission.k8s.io',
  kind: 'AdmissionReview',
  version: 'v1',
  others: ['v1beta1'],
};

const text = (go: string): Shape => ({ go, json: 'string' });
const ANY: Shape = { go: 'v1.StatusDetails', json: 'any' };
const ANSWER = struct('AdmissionReview', {
  response: struct('AdmissionResponse', {
    uid: text('types.UID'),
    allowed: FLAG,
    status: struct('Status', {
      status: TEXT,
      message: TEXT,
      reason: text('v1.StatusReason'),
      code: { go: 'int32', json: 'number' },
      details: ANY,
    }),
    patch: TEXT,
    patchType: text('v1.PatchType'),
    auditAnnotations: mapOf(TEXT),
    warnings: listOf(TEXT),
  }),
});

const refuse = (why: string): Error => new Error(`received invalid webhook response: ${why}`);

/**
 * The response in the answer of a webhook, decoded as Go decodes it: what is not there is empty, what is of another type
 * is an error. Throws Error, in the words of kube-apiserver. Source: apiserver's VerifyAdmissionResponse.
 */
export function readResponse(answer: string, uid: unknown, mutating: boolean): AdmissionResponse {
  const response = decodeResponse(answer);
  if (!response) throw refuse('webhook response was absent');
  const { uid: said = '', patch = '', patchType } = response;
  if (said !== uid) throw refuse(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(said)}`);
  if (!mutating) {
    if (patch) throw refuse('validating webhook may not return response.patch');
    if (patchType !== undefined) throw refuse('validating webhook may not return response.patchType');
  } else if (patch && patchType === undefined) {
    throw refuse('webhook returned response.patch but not response.patchType');
  } else if (patchType !== undefined && !patch) {
    throw refuse('webhook returned response.patchType but not response.patch');
  }
  return response;
}

function decodeResponse(answer: string): AdmissionResponse | undefined {
  try {
    const { value } = decodeShape(readReview(answer, REVIEW), ANSWER);
    const { response } = value as { response?: AdmissionResponse };
    const patch = response?.patch ?? '';
    if (!isBase64(patch)) throw new Error(`illegal base64 data at input byte ${base64Problem(patch)}`);
    return response;
  } catch (error) {
    if (error instanceof Untyped) throw refuse(error.message);
    throw new Error(`failed to call webhook: ${(error as Error).message}`, { cause: error });
  }
}
