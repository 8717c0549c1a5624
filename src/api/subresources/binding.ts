import type { Binding, PodCondition, PodStatus } from '../../../schema/types.ts';
import { storedForm } from '../../kinds/encode.ts';
import type { KubeObject, ObjectLike, Unchecked } from '../../meta/object.ts';
import { badRequest, conflict, notFound, StatusError } from '../../meta/status.ts';
import type { Stored } from '../../store/contract.ts';
import { successAnswer } from '../answer.ts';
import type { Answer, Body, RequestContext, Target, WriteOptions } from '../contract.ts';
import type { Core } from '../core.ts';
import { copyAs } from '../object-as.ts';
import { checkWriteOptions } from '../options.ts';
import { keyOf } from '../target.ts';
import { admissionRequest, operationOf, type Operation } from '../write/operation.ts';
import { checkPlace, readBody } from '../write/read-body.ts';
import { writeOf } from '../write/stored-write.ts';
import { withPodCondition } from './pod-condition.ts';

const PODS = { group: '', resource: 'pods' };
const BINDING = { group: '', resource: 'pods/binding' };
/** Writes of the pod (labels, status) that may come between. */
const MAX_ATTEMPTS = 5;

/** The node. Throws 500, as Kubernetes does. */
function nodeOf({ target }: Unchecked<Binding>): string {
  const errors: string[] = [];
  if (target?.kind && target.kind !== 'Node')
    errors.push(`target.kind: Unsupported value: ${JSON.stringify(target.kind)}: supported values: "Node", "<empty>"`);
  if (!target?.name) errors.push('target.name: Required value');
  if (errors.length || !target?.name)
    throw new StatusError({ message: errors.length === 1 ? errors.join() : `[${errors.join(', ')}]`, code: 500 });
  return target.name;
}

/** The binding names the pod that it means, and maybe its uid and version. */
function checkPreconditions({ metadata: wanted }: ObjectLike, { metadata }: ObjectLike, revision: number): void {
  const refuse = (field: string, given: string, there: string): never => {
    const why = `Precondition failed: ${field} in precondition: ${given}, ${field} in object meta: ${there}`;
    const at = `/registry/pods/${metadata.namespace}/${metadata.name}`;
    throw conflict(
      PODS,
      metadata.name,
      `StorageError: invalid object, Code: 4, Key: ${at}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`,
    );
  };
  if (wanted.uid && wanted.uid !== metadata.uid) refuse('UID', wanted.uid, metadata.uid ?? '');
  if (wanted.resourceVersion && wanted.resourceVersion !== String(revision))
    refuse('ResourceVersion', wanted.resourceVersion, String(revision));
}

/** The pod with its node; annotations and new labels come from the binding (assignPod of the pod's REST storage). */
function assign(op: Operation, stored: Stored, binding: ObjectLike, node: string): KubeObject {
  const pod = copyAs('pods', stored);
  const { metadata } = pod;
  const spec = (pod.spec ??= { containers: [] });
  checkPreconditions(binding, pod, stored.revision);
  const refuse = (why: string) => conflict(BINDING, metadata.name, why);
  if (metadata.deletionTimestamp) throw refuse(`pod ${metadata.name} is being deleted, cannot be assigned to a host`);
  if (spec.nodeName) throw refuse(`pod ${metadata.name} is already assigned to node ${JSON.stringify(spec.nodeName)}`);
  if (spec.schedulingGates?.length) throw refuse(`pod ${metadata.name} has non-empty .spec.schedulingGates`);
  spec.nodeName = node;
  // labels that the pod has already are its own
  if (binding.metadata.labels) metadata.labels = { ...binding.metadata.labels, ...metadata.labels };
  if (binding.metadata.annotations) metadata.annotations = { ...metadata.annotations, ...binding.metadata.annotations };
  const { nominatedNodeName: _, ...status }: PodStatus = pod.status ?? {};
  const scheduled: PodCondition = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: op.now,
  };
  pod.status = withPodCondition(status, scheduled);
  return pod;
}

/** Puts a pod on a node. `target` is pods/binding, or bindings whose name is the pod's. */
export async function bind(
  core: Core,
  ctx: RequestContext,
  target: Target,
  body: Body,
  options: WriteOptions,
): Promise<Answer> {
  core.authorizer.require(ctx, 'create', target);
  checkWriteOptions('CreateOptions', options);
  const kind = core.registry.byResource('', 'v1', 'bindings') ?? target.kind;
  const binding = readBody(ctx, kind, body, options.fieldValidation);
  checkPlace({ ...target, kind, name: '' }, binding);
  if (target.name && target.name !== binding.metadata.name)
    throw badRequest('name in URL does not match name in Binding object');
  const node = nodeOf(binding as Unchecked<Binding>);
  const pods = core.registry.byResource('', 'v1', 'pods')!;
  const podTarget: Target = {
    kind: pods,
    namespace: target.namespace,
    name: target.name || binding.metadata.name,
    subresource: '',
  };
  const op = operationOf(core, ctx, podTarget, 'bind', options);
  const request = admissionRequest(
    { ...op, target: { ...podTarget, subresource: 'binding' } },
    'CREATE',
    binding,
    undefined,
    kind,
  );
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
    const pod = assign(op, stored, binding, node);
    if (op.dryRun) return successAnswer(201);
    const outcome = await core.store.commit(writeOf(op, storedForm(pods.storage, false, pod), stored.revision));
    if (outcome.ok) return successAnswer(201);
    if (attempt === MAX_ATTEMPTS) throw conflict(BINDING, podTarget.name, 'the pod is being changed by others');
    stored = outcome.current;
  }
}
