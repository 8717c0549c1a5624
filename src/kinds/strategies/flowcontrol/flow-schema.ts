import { isDeepStrictEqual } from 'node:util';
import type { FlowSchema } from '../../../../schema/types.ts';
import { invalid, notSupported, Path, required, type FieldError } from '../../../meta/field.ts';
import type { Unchecked } from '../../../meta/object.ts';
import { internalValue } from '../../internal-value.ts';
import type { Cell } from '../../kind.ts';
import { dnsSubdomainName } from '../../validation/names.ts';
import { statusAlone, withStatus } from '../status-split.ts';
import { conditionErrors } from './conditions.ts';
import { MANDATORY_SCHEMAS } from './mandatory.ts';
import { policyRulesErrors } from './rules.ts';
import { NONE, since } from '../../cells.ts';

const SPEC = Path.root('spec');
const MAX_PRECEDENCE = 10_000;
const DEFAULT_PRECEDENCE = 1000;
const METHODS = ['ByNamespace', 'ByUser'];

function precedenceErrors(name: string, precedence: number): FieldError[] {
  const at = SPEC.child('matchingPrecedence');
  if (precedence <= 0) return [invalid(at, precedence, 'must be a positive value')];
  if (precedence > MAX_PRECEDENCE) return [invalid(at, precedence, `must not be greater than ${MAX_PRECEDENCE}`)];
  return precedence === 1 && name !== 'exempt'
    ? [invalid(at, precedence, "only the schema named 'exempt' may have matchingPrecedence 1")]
    : [];
}

function specErrors({ metadata: { name }, spec = {} }: Unchecked<FlowSchema>): FieldError[] {
  const errors = precedenceErrors(name, spec.matchingPrecedence ?? 0);
  const method = spec.distinguisherMethod;
  if (method && !METHODS.includes(method.type ?? '')) {
    errors.push(notSupported(SPEC.child('distinguisherMethod', 'type'), { Type: method.type ?? '' }, METHODS));
  }
  const level = spec.priorityLevelConfiguration?.name ?? '';
  const at = SPEC.child('priorityLevelConfiguration', 'name');
  if (!level) errors.push(required(at, 'must reference a priority level'));
  else for (const why of dnsSubdomainName(level, false)) errors.push(invalid(at, level, why));
  spec.rules?.forEach((rules, i) => errors.push(...policyRulesErrors(rules, SPEC.child('rules').index(i))));
  return errors;
}

/** Objects that flow control cannot do without have one spec only. */
function mandatoryErrors({ metadata: { name }, spec = {} }: Unchecked<FlowSchema>): FieldError[] {
  const wanted = Object.hasOwn(MANDATORY_SCHEMAS, name) ? MANDATORY_SCHEMAS[name] : undefined;
  if (!wanted || isDeepStrictEqual(JSON.parse(JSON.stringify(spec)), wanted)) return [];
  return [
    invalid(
      SPEC,
      internalValue('io.k8s.api.flowcontrol.v1.FlowSchemaSpec', spec),
      `spec of '${name}' must equal the fixed value`,
    ),
  ];
}

/** flowcontrol.apiserver.k8s.io/v1 FlowSchema (KEP-1040) */
export const flowSchemaStrategy = withStatus<FlowSchema>({
  metadata: { whole: 1, update: false },
  defaults({ spec }) {
    if (spec) spec.matchingPrecedence ||= DEFAULT_PRECEDENCE;
  },
  validate: (object) => [...specErrors(object), ...mandatoryErrors(object), ...conditionErrors(object)],
  subresources: { status: { ...statusAlone, validateUpdate: conditionErrors } },
  cells,
});

function cells({ metadata, spec, status }: Unchecked<FlowSchema>, now: number): Cell[] {
  return [
    metadata.name,
    spec?.priorityLevelConfiguration?.name || NONE,
    spec?.matchingPrecedence ?? 0,
    spec?.distinguisherMethod?.type ?? NONE,
    since(metadata.creationTimestamp, now),
    status?.conditions?.find((c) => c.type === 'Dangling')?.status ?? '?',
  ];
}
