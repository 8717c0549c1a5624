import { jsonSyntaxError } from '../../go/json-syntax.ts';
import { unmarshalError } from '../../go/json-unmarshal.ts';
import { Walk } from '../../kinds/decode-struct.ts';
import { decodePatched } from '../../kinds/decode.ts';
import { applySchemaDefaults } from '../../kinds/defaults.ts';
import { fromStorage, toStorage } from '../../kinds/encode.ts';
import type { Json, KubeObject } from '../../meta/object.ts';
import { internalError } from '../../meta/status.ts';
import type { Target } from '../contract.ts';
import { Slice } from '../fairness/turns.ts';
import { sameJson } from '../patch/equal.ts';
import { Rejected } from '../patch/errors.ts';
import { applyJsonPatch } from '../patch/json.ts';
import { auditAnswer, auditFailedOpen, auditMutation, auditPatch, type Call } from './webhooks/audit.ts';
import { readJson } from '../webhooks/post-json.ts';
import { callWebhook, sentObjects, type SentObjects } from './webhooks/call.ts';
import type { AdmissionResponse } from './webhooks/response.ts';
import { isAsked, webhooksOf, type Configured } from './webhooks/configured.ts';
import { checkSideEffects, denied, unreachable } from './webhooks/refusal.ts';
import { bodyOf, type AdmissionOperation, type AdmissionPlugin, type AdmissionRequest } from './plugin.ts';

const GROUP = 'admissionregistration.k8s.io';
const MUTATING = `mutatingwebhookconfigurations.${GROUP}` as const;
const VALIDATING = `validatingwebhookconfigurations.${GROUP}` as const;
const TIMEOUT_SECONDS = 10;
/** Webhooks that could forbid their own removal, and questions that decide nothing, are not asked. */
const handles = ({ kind }: Target, operation: AdmissionOperation): boolean =>
  operation !== 'CONNECT' && kind.group !== GROUP && kind.group !== 'authorization.k8s.io';

/** Numbers of one call. Codes above 600 are none, and stand together as upstream has them. */
function count(
  { webhooks, operation }: AdmissionRequest,
  { webhook: { name }, mutating }: Call,
  { code, rejected, ms }: { code: number; rejected: boolean; ms: number },
): void {
  const labels = [name, mutating ? 'admit' : 'validating', operation];
  webhooks.webhookDuration.of(...labels, String(rejected)).observe(ms / 1000);
  webhooks.webhookTotal.of(...labels, String(Math.min(code, 600)), String(rejected)).add();
}

/** Undefined where the webhook cannot be asked and that is no matter. */
async function ask(call: Call, request: AdmissionRequest, sent: SentObjects) {
  const { webhook } = call;
  checkSideEffects(webhook, request);
  const began = performance.now();
  const name = `Call ${call.mutating ? 'mutating' : 'validating'} webhook`;
  const traced = request.ctx.trace?.begin(name, { webhook: webhook.name, resource: request.target.kind.resource });
  const told = (code: number, rejected: boolean): void =>
    count(request, call, { code, rejected, ms: performance.now() - began });
  try {
    const timeoutSeconds = webhook.timeoutSeconds ?? TIMEOUT_SECONDS;
    const { mutating } = call;
    const response = await callWebhook(request, webhook.clientConfig, { timeoutSeconds, mutating }, sent);
    const patch = mutating && response.allowed ? patchOf(response) : undefined;
    traced?.();
    told(response.allowed ? 200 : (response.status?.code ?? 403), !response.allowed);
    auditAnswer(request, call, response);
    for (const warning of response.warnings ?? []) request.ctx.warn(warning);
    return { response, patch };
  } catch (error) {
    traced?.(error);
    const refusal = unreachable(webhook, error);
    told(refusal?.code ?? 500, refusal !== undefined);
    if (refusal) throw refusal;
    auditFailedOpen(request, call);
    return undefined;
  }
}

/** Puts a patched object in the place of the one that the pipeline holds. */
function takeOver(request: AdmissionRequest, patched: KubeObject): void {
  const kind = bodyOf(request);
  const object = request.object!;
  applySchemaDefaults(kind.schema, patched, kind.custom);
  kind.storage.strategy.defaults?.(patched);
  const internal = toStorage(kind, patched);
  for (const key of Object.keys(object)) if (!(key in internal)) delete object[key];
  Object.assign(object, internal);
}

/** The patch of a response; undefined for none that does anything. Throws Error. */
function patchOf({ patch, patchType }: AdmissionResponse): Json[] | undefined {
  if (!patch) return undefined;
  const text = Buffer.from(patch, 'base64').toString('utf8');
  const undecodable = (why: string): Error => new Error(`received undecodable patch in webhook response: ${why}`);
  const syntax = jsonSyntaxError(text);
  if (syntax !== undefined) throw undecodable(syntax);
  const read = readJson(text) as Json;
  if (!Array.isArray(read)) throw undecodable(unmarshalError(read, 'jsonpatch.Patch'));
  if (!read.length) return undefined;
  if (patchType !== 'JSONPatch') throw new Error(`unsupported patch type ${JSON.stringify(patchType)}`);
  return read;
}

const whyRejected = (error: Error): string => (error instanceof Rejected && error.why) || error.message;

/** What a patch makes of an object, read as one of its kind. Throws 500 with why it cannot be done. */
function patchedObject(request: AdmissionRequest, before: KubeObject, patch: Json[]): KubeObject {
  const kind = bodyOf(request);
  let patched: KubeObject;
  try {
    patched = structuredClone(applyJsonPatch(before, patch));
  } catch (error) {
    throw internalError(whyRejected(error as Error));
  }
  const refusal = { refuse: internalError, refuseKind: internalError };
  return decodePatched(patched, kind, 'Ignore', () => undefined, refusal, [], new Walk(kind.schema));
}

/** True when the webhook changed the object. */
async function mutate(call: Call, request: AdmissionRequest): Promise<boolean> {
  if (!(await isAsked(call.webhook, request))) return false;
  let mutated = false;
  try {
    mutated = await askToMutate(call, request);
  } finally {
    auditMutation(request, call, mutated);
  }
  return mutated;
}

async function askToMutate(call: Call, request: AdmissionRequest): Promise<boolean> {
  const { webhook } = call;
  const asked = await ask(call, request, sentObjects(request));
  if (!asked) return false;
  const { response, patch } = asked;
  if (!response.allowed) throw denied(webhook, response);
  if (!patch || !request.object) return false;
  const before = fromStorage(bodyOf(request), request.object);
  const patched = patchedObject(request, before, patch);
  auditPatch(request, call, patch);
  if (sameJson(before, patched)) return false;
  takeOver(request, patched);
  return true;
}

/** Programs outside that may change what is written, one after the other; once more those that want to see later changes. */
export const mutatingAdmissionWebhook: AdmissionPlugin = {
  name: 'MutatingAdmissionWebhook',
  handles,
  async admit(request) {
    const again: Call[] = [];
    const asked: Call[] = [];
    const slice = new Slice();
    for (const [index, configured] of webhooksOf(request.store, MUTATING).entries()) {
      if (slice.over) await slice.next();
      const call: Call = { ...configured, mutating: true, round: 0, index };
      if (await mutate(call, request)) {
        // those before it have not seen this change
        for (const earlier of asked)
          if (earlier.webhook.reinvocationPolicy === 'IfNeeded' && !again.includes(earlier)) again.push(earlier);
      }
      asked.push(call);
    }
    for (const call of again) await mutate({ ...call, round: 1 }, request);
  },
};

/** Programs outside that may refuse a write: all at once. */
export const validatingAdmissionWebhook: AdmissionPlugin = {
  name: 'ValidatingAdmissionWebhook',
  handles,
  async validate(request) {
    const webhooks = webhooksOf(request.store, VALIDATING);
    if (webhooks.length === 0) return;
    const slice = new Slice();
    const relevant: Configured[] = [];
    for (const configured of webhooks) {
      if (slice.over) await slice.next();
      if (await isAsked(configured.webhook, request)) relevant.push(configured);
    }
    if (relevant.length === 0) return;
    const sent = sentObjects(request);
    await Promise.all(
      relevant.map(async (configured, index) => {
        const asked = await ask({ ...configured, mutating: false, round: 0, index }, request, sent);
        if (asked && !asked.response.allowed) throw denied(configured.webhook, asked.response);
      }),
    );
  },
};
