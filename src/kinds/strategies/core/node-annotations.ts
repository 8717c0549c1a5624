import type { Taint } from '../../../../schema/types.ts';
import { invalid, Path, required, type FieldError } from '../../../meta/field.ts';
import type { ObjectLike, Parts } from '../../../meta/object.ts';
import { jsonError, unmarshalError } from '../../../go/json-unmarshal.ts';
import { isRecord } from '../../../meta/record.ts';
import { validateTaints } from './node-validation.ts';

type Errors = FieldError[];
const AT = Path.root('metadata').child('annotations');
const TAINTS = 'scheduler.alpha.kubernetes.io/taints';
const AVOID = 'scheduler.alpha.kubernetes.io/preferAvoidPods';

const TAINT_FIELDS = ['key', 'value', 'effect'] as const;
const isTaint = (value: Record<string, unknown>): value is Parts<Taint> =>
  TAINT_FIELDS.every((field) => typeof (value[field] ?? '') === 'string');

function taints(text: string): Errors {
  const error = jsonError(text, '[]v1.Taint');
  if (error) return [invalid(AT, TAINTS, error)];
  const list = ((JSON.parse(text) ?? []) as unknown[]).map((taint) => taint ?? {});
  const other = list.find((taint) => !isRecord(taint));
  if (other !== undefined) return [invalid(AT, TAINTS, unmarshalError(other, 'v1.Taint'))];
  const all = list.filter(isRecord);
  for (const field of TAINT_FIELDS) {
    const bad = all.map((taint) => taint[field] ?? '').find((value) => typeof value !== 'string');
    const type = field === 'effect' ? 'v1.TaintEffect' : 'string';
    if (bad !== undefined) return [invalid(AT, TAINTS, unmarshalError(bad, type, `Go struct field Taint.${field}`))];
  }
  return validateTaints(all.filter(isTaint), AT.child(TAINTS));
}

function avoidPods(text: string): Errors {
  const refused = (error: string): Errors => [invalid(AT.child('AvoidPods'), AVOID, error)];
  const error = jsonError(text, 'v1.AvoidPods');
  if (error) return refused(error);
  const list: unknown = JSON.parse(text)?.preferAvoidPods ?? [];
  if (!Array.isArray(list))
    return refused(unmarshalError(list, '[]v1.PreferAvoidPodsEntry', 'Go struct field AvoidPods.preferAvoidPods'));
  return list.flatMap((entry, i) => {
    const at = AT.child(AVOID).index(i).child('PodSignature');
    const controller = entry?.podSignature?.podController;
    if (!controller) return [required(at)];
    return controller.controller === true
      ? []
      : [invalid(at.child('PodController').child('Controller'), false, 'must point to a controller')];
  });
}

/** ValidateNodeSpecificAnnotations: what once were fields of a Node, as JSON in its annotations. */
export function validateNodeAnnotations({ metadata: { annotations = {} } }: ObjectLike): Errors {
  return [
    ...(annotations[TAINTS] ? taints(annotations[TAINTS]) : []),
    ...(annotations[AVOID] ? avoidPods(annotations[AVOID]) : []),
  ];
}
