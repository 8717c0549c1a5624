import type { Target } from '../../../src/api/contract.ts';
import { APPLY_PATCH, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH } from '../../../src/api/patch-body.ts';
import type { Json, KubeObject } from '../../../src/meta/object.ts';
import type { TestApi } from '../support.ts';

/** The forms of writing an object that is there. */
export const FORMS = ['update', 'merge patch', 'strategic merge patch', 'JSON patch', 'server-side apply'] as const;
export type Form = (typeof FORMS)[number];

/** As operations that put each part in place, metadata field by field. */
function operations(sent: KubeObject): object[] {
  const { apiVersion: _, kind: __, metadata, ...parts } = sent;
  const put = (path: string, value: unknown): object => ({ op: 'add', path, value });
  return [
    ...Object.entries(metadata).map(([field, value]) => put(`/metadata/${field}`, value)),
    ...Object.entries(parts).map(([field, value]) => put(`/${field}`, value)),
  ];
}

/** Writes the object in one of the forms. */
export function write(test: TestApi, target: Target, form: Form, sent: KubeObject): Promise<unknown> {
  const { api } = test;
  const context = test.ctx();
  if (form === 'update') return api.update(context, target, { object: sent }, {});
  const { managedFields: _, resourceVersion: __, ...metadata } = sent.metadata;
  const value = { ...sent, metadata } as KubeObject;
  const patch = (type: string, body: unknown, options = {}): Promise<unknown> =>
    api.patch(context, target, type, { value: body as Json }, options);
  if (form === 'merge patch') return patch(MERGE_PATCH, value);
  if (form === 'strategic merge patch') return patch(STRATEGIC_PATCH, value);
  if (form === 'JSON patch') return patch(JSON_PATCH, operations(value));
  return patch(APPLY_PATCH, value, { fieldManager: 'parts', force: true });
}
