import { serializeBody } from '../../kinds/encode.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
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

/** What the store is to write. `form` is of storedForm; `expect` undefined for a create. */
export function writeOf(op: Writer, form: KubeObject, expect: number | undefined): Write {
  const { body, exact } = serializeBody(form);
  const common = {
    ...keyOf(op.target, form.metadata.name),
    by: op.by,
    body,
    columns: columnsOf(op.target.kind, form, exact),
    object: form,
  };
  if (expect === undefined) return { ...common, type: 'create' };
  const { patience } = op.target.kind.storage.strategy;
  return { ...common, type: 'update', expect, ...(patience !== undefined && { patience }) };
}

export const deleteOf = (op: Writer, name: string, expect: number): Write => ({
  ...keyOf(op.target, name),
  by: op.by,
  type: 'delete',
  expect,
});
