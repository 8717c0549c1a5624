import { serializeBody } from '../../kinds/encode.ts';
import { atOnce, type Steps } from '../../meta/steps.ts';
import type { Kind } from '../../kinds/kind.ts';
import { encodeProtobuf } from '../../kinds/protobuf/envelope.ts';
import { apiVersionOf } from '../../meta/gvk.ts';
import type { KubeObject } from '../../meta/object.ts';
import { StatusError } from '../../meta/status.ts';
import type { Columns, Write } from '../../store/contract.ts';
import { keyOf } from '../target.ts';
import type { Operation } from './operation.ts';

/** Whose write it is, and of what. */
type Writer = Pick<Operation, 'target' | 'by'>;

function columnsOf(kind: Kind, form: KubeObject, exact: boolean): Columns {
  const { metadata } = form;
  const columns: Columns = {
    uid: metadata.uid,
    labels: metadata.labels,
    fields: kind.storage.strategy.fields?.(form),
    owners: metadata.ownerReferences?.map((owner) => owner.uid),
  };
  if (exact) columns.exact = true;
  return columns;
}

/** Bytes of a request to etcd (--max-request-bytes), and so of an object. */
const MAX_STORED = 1.5 * 1024 * 1024;

/** Whether etcd would take it: built-in kinds are stored there as protobuf, in which escapes and base64 are shorter. */
function isTooLarge({ storage, custom }: Kind, form: KubeObject, body: Buffer): boolean {
  if (body.length <= MAX_STORED) return false;
  return custom || encodeProtobuf(apiVersionOf(storage), storage.kind, form).length > MAX_STORED;
}

/**
 * The bytes of a form. What is too large is tried once more without its managedFields, which it then has no more.
 * Throws etcd's 500.
 */
function* storedBody(kind: Kind, form: KubeObject): Steps<ReturnType<typeof serializeBody>> {
  const whole = serializeBody(form);
  yield;
  if (!isTooLarge(kind, form, whole.body)) return whole;
  delete form.metadata.managedFields;
  yield;
  const rest = serializeBody(form);
  yield;
  if (isTooLarge(kind, form, rest.body))
    throw new StatusError({ message: 'etcdserver: request is too large', code: 500 });
  return rest;
}

/** What the store is to write. `form` is of storedForm; `expect` undefined for a create. */
export function* writeSteps(op: Writer, form: KubeObject, expect: number | undefined): Steps<Write> {
  const { target, by } = op;
  const { body, exact } = yield* storedBody(target.kind, form);
  const { resource, namespace, name } = keyOf(target, form.metadata.name);
  const columns = columnsOf(target.kind, form, exact);
  // written out, as spreading is a good part of a small create
  if (expect === undefined) return { type: 'create', resource, namespace, name, by, body, columns, object: form };
  const write: Write = { type: 'update', resource, namespace, name, by, body, columns, object: form, expect };
  const { patience } = target.kind.storage.strategy;
  if (patience !== undefined) write.patience = patience;
  return write;
}

/** The same at once. */
export const writeOf = (...of: Parameters<typeof writeSteps>): Write => atOnce(writeSteps(...of));

export const deleteOf = (op: Writer, name: string, expect: number): Write => ({
  ...keyOf(op.target, name),
  by: op.by,
  type: 'delete',
  expect,
});
