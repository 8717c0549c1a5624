import { jsonSyntaxError } from '../../../go/json-syntax.ts';
import { parseWithTexts } from '../../../go/json-texts.ts';
import { unmarshalError } from '../../../go/json-unmarshal.ts';
import { Walk } from '../../../kinds/decode-struct.ts';
import { decodePatched } from '../../../kinds/decode.ts';
import type { Kind } from '../../../kinds/kind.ts';
import type { Json, KubeObject } from '../../../meta/object.ts';
import { isRecord } from '../../../meta/record.ts';
import { internalError } from '../../../meta/status.ts';
import { sameJson } from '../../patch/equal.ts';
import { whyRejected } from '../../patch/errors.ts';
import { copyOf } from '../../patch/json-nodes.ts';
import { applyJsonPatch, type Patched } from '../../patch/json.ts';
import { readJson } from '../../webhooks/post-json.ts';
import type { AdmissionRequest } from '../plugin.ts';
import type { Views } from '../view.ts';
import { ask } from './ask.ts';
import { auditMutation, auditPatch, type Call } from './audit.ts';
import { CallFailed } from './call-failed.ts';
import type { AdmissionResponse } from './response.ts';

/** The patch of a response; undefined for none that does anything. Throws CallFailed. */
function patchOf({ patch, patchType = '', status }: AdmissionResponse): { text: string; value: Json[] } | undefined {
  if (!patch) return undefined;
  const text = Buffer.from(patch, 'base64').toString('utf8');
  const undecodable = (why: string): Error => new CallFailed(`received undecodable patch in webhook response: ${why}`);
  const syntax = jsonSyntaxError(text);
  if (syntax !== undefined) throw undecodable(syntax);
  const read = readJson(text) as Json;
  if (!Array.isArray(read)) throw undecodable(unmarshalError(read, 'jsonpatch.Patch'));
  const odd = read.find((step) => step !== null && !isRecord(step));
  if (odd !== undefined) throw undecodable(unmarshalError(odd, 'jsonpatch.Operation'));
  if (!read.length) return undefined;
  if (patchType !== 'JSONPatch') {
    const { code = 0 } = status ?? {};
    throw new CallFailed(`unsupported patch type ${JSON.stringify(patchType)}`, Math.max(code, 400));
  }
  return { text, value: read };
}

/** What a patch makes of an object, read as one of its kind. Throws 500 with why it cannot be done. */
function patchedObject(kind: Kind, before: KubeObject, patch: string): KubeObject {
  let patched: Patched<KubeObject>;
  try {
    patched = applyJsonPatch(before, parseWithTexts(patch));
  } catch (error) {
    throw internalError(whyRejected(error));
  }
  const refusal = { refuse: internalError, refuseKind: internalError };
  const walk = new Walk(kind.schema, patched.exact);
  return decodePatched(copyOf(patched.value), kind, 'Ignore', () => undefined, refusal, [], walk);
}

/** Asks a webhook and does as it says. True where the object is another then. Throws as `ask`, and 500. */
export async function mutate(call: Call, request: AdmissionRequest, views: Views): Promise<boolean> {
  let mutated = false;
  try {
    const view = await views.of(call.matched);
    const patch = patchOf(await ask(call, request, view));
    if (!patch) return false;
    if (!view.object) {
      const what = `admission webhook ${JSON.stringify(call.webhook.name)} attempted to modify the object`;
      throw internalError(`${what}, which is not supported for this operation`);
    }
    const patched = patchedObject(call.matched.body, view.object, patch.text);
    mutated = !sameJson(view.object, patched);
    auditPatch(request, call, patch.value);
    if (mutated) await views.take(call.matched, patched);
    return mutated;
  } finally {
    auditMutation(request, call, mutated);
  }
}
