import { storedForm } from '../../kinds/encode.ts';
import type { KubeObject } from '../../meta/object.ts';
import { conflict, notFound, StatusError } from '../../meta/status.ts';
import type { Stored } from '../../store/contract.ts';
import { successAnswer } from '../answer.ts';
import type { Answer, Body, RequestContext, Target, WriteOptions } from '../contract.ts';
import type { Core } from '../core.ts';
import { checkWriteOptions } from '../options.ts';
import { keyOf } from '../target.ts';
import { admissionRequest, operationOf, type Operation } from '../write/operation.ts';
import { checkPlace, readBody } from '../write/read-body.ts';
import { writeOf } from '../write/stored-write.ts';

const PODS = { group: '', resource: 'pods' };
const BINDING = { group: '', resource: 'pods/binding' };
/** Writes of the pod (labels, status) that may come between. */
const MAX_ATTEMPTS = 5;

function check(binding: KubeObject): void {
  const { target } = binding as unknown as { target?: { kind?: string; name?: string } };
  const errors: string[] = [];
  if (target?.kind && target.kind !== 'Node') errors.push(`target.kind: Unsupported value: ${JSON.stringify(target.kind)}: supported values: "Node", "<empty>"`);
  if (!target?.name) errors.push('target.name: Required value');
  if (errors.length) throw new StatusError({ message: errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`, code: 500 });
}

/** The pod with its node; its labels and annotations get those of the binding (assignPod of the pod's REST storage). */
function assign(op: Operation, stored: Stored, binding: KubeObject): KubeObject {
  const pod = stored.copy() as unknown as KubeObject;
  const { spec, status, metadata } = pod;
  const refuse = (why: string) => conflict(BINDING, metadata.name, why);
  const uid = binding.metadata.uid;
  if (uid && uid !== metadata.uid) throw refuse(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`);
  if (metadata.deletionTimestamp) throw refuse(`pod ${metadata.name} is being deleted, cannot be assigned to a host`);
  if (spec.nodeName) throw refuse(`pod ${metadata.name} is already assigned to node ${JSON.stringify(spec.nodeName)}`);
  if (spec.schedulingGates?.length) throw refuse(`pod ${metadata.name} has non-empty .spec.schedulingGates`);
  spec.nodeName = binding['target'].name;
  if (binding.metadata.labels) metadata.labels = { ...metadata.labels, ...binding.metadata.labels };
  if (binding.metadata.annotations) metadata.annotations = { ...metadata.annotations, ...binding.metadata.annotations };
  const conditions = ((status?.conditions ?? []) as { type: string }[]).filter((c) => c.type !== 'PodScheduled');
  const before = ((status?.conditions ?? []) as { type: string; lastProbeTime?: unknown; observedGeneration?: number }[]).find((c) => c.type === 'PodScheduled');
  const scheduled = { type: 'PodScheduled', status: 'True', ...(before?.observedGeneration && { observedGeneration: before.observedGeneration }), lastProbeTime: null, lastTransitionTime: op.now };
  const at = ((status?.conditions ?? []) as { type: string }[]).findIndex((c) => c.type === 'PodScheduled');
  conditions.splice(at < 0 ? conditions.length : at, 0, scheduled);
  pod['status'] = { ...status, conditions };
  return pod;
}

/** Puts a pod on a node. `target` is pods/binding, or bindings whose name is the pod's. */
export async function bind(core: Core, ctx: RequestContext, target: Target, body: Body, options: WriteOptions): Promise<Answer> {
  core.authorizer.require(ctx, 'create', target);
  checkWriteOptions('CreateOptions', options);
  const kind = core.registry.byResource('', 'v1', 'bindings') ?? target.kind;
  const binding = readBody(ctx, kind, body, options.fieldValidation);
  checkPlace({ ...target, kind }, binding);
  check(binding);
  const pods = core.registry.byResource('', 'v1', 'pods')!;
  const podTarget: Target = { kind: pods, namespace: target.namespace, name: target.name || binding.metadata.name, subresource: '' };
  const op = operationOf(core, ctx, podTarget, 'bind', options);
  const request = admissionRequest({ ...op, target: { ...podTarget, subresource: 'binding' } }, 'CREATE', binding, undefined);
  await core.admission.admit(request);
  await core.admission.validate(request);
  const key = keyOf(podTarget);
  let stored = core.store.get(key);
  for (let attempt = 1; ; attempt++) {
    if (!stored) {
      await core.store.fresh();
      stored = core.store.get(key);
      if (!stored) throw notFound(PODS, podTarget.name);
    }
    const pod = assign(op, stored, binding);
    if (op.dryRun) return successAnswer(201);
    const outcome = await core.store.commit(writeOf(op, storedForm(pods.storage, false, pod), stored.revision));
    if (outcome.ok) return successAnswer(201);
    if (attempt === MAX_ATTEMPTS) throw conflict(BINDING, podTarget.name, 'the pod is being changed by others');
    stored = outcome.current;
  }
}
