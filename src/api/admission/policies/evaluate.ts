import type { MatchCondition, Validation, ValidatingAdmissionPolicySpec } from '../../../../schema/types.ts';
import { CelError, type Value } from '../../../cel/values.ts';
import { admissionVariables, composeSteps, type Composition } from '../../../kinds/cel/admission.ts';
import { CONDITIONS_BUDGET, MAX_MESSAGE, REQUEST_BUDGET } from '../../../kinds/cel/limits.ts';
import { aggregate } from '../../../meta/aggregate.ts';
import { Pace } from '../../write/pace.ts';
import type { Bindings } from './composed.ts';
import { Evaluation, OutOfBudget } from './evaluation.ts';

/** The part of a ValidatingAdmissionPolicy that is evaluated. */
export type Expressions = Pick<
  ValidatingAdmissionPolicySpec,
  'auditAnnotations' | 'failurePolicy' | 'matchConditions' | 'paramKind' | 'validations' | 'variables'
>;
/** Something that a policy has against a request. */
export interface Refusal {
  message: string;
  reason: string;
  /** of the validation */
  index: number;
  /** refuses whatever a binding's actions are */
  always?: boolean;
}

/** Besides the conditions: the variables that they may use, whether there are params, and who is told that one has no value. */
interface ConditionsOf {
  composition?: Composition | undefined;
  withParams?: boolean;
  failed?(): void;
}

/** False where a condition says that a policy or webhook is not about this request; errors count only where none does. */
export async function isAbout(
  conditions: readonly MatchCondition[] | undefined,
  bindings: Bindings,
  { composition, withParams = false, failed }: ConditionsOf = {},
): Promise<boolean | Error> {
  if (!conditions?.length) return true;
  const variables = composition?.variables(true) ?? admissionVariables(withParams, true);
  // conditions are not told of the namespace
  const evaluation = new Evaluation({ ...bindings, namespaceObject: null }, composition, CONDITIONS_BUDGET);
  const errors: string[] = [];
  let about = true;
  try {
    for (const { expression } of conditions) {
      const value = await evaluation.run(expression, variables, ['bool']);
      if (value instanceof CelError) errors.push(value.message);
      else if (value === false) about = false;
      if (value instanceof CelError && about) failed?.();
    }
  } catch (error) {
    if (error instanceof OutOfBudget) return error;
    throw error;
  }
  if (!about) return false;
  return errors.length === 0 ? true : new Error(aggregate(errors));
}

function messageOf({ message, expression }: Validation, made: Value): string {
  const text = typeof made === 'string' ? made.trim() : '';
  if (text && Buffer.byteLength(text) <= MAX_MESSAGE && !text.includes('\n')) return text;
  return message?.trim() || `failed expression: ${expression.trim()}`;
}

/** Takes the value of an audit annotation. */
export type Publish = (key: string, value: string) => void;

/** All that a policy has against a request, in the order of its validations. `publish` is told its audit annotations. */
export async function evaluate(
  policy: Expressions,
  bindings: Bindings,
  publish: Publish = () => undefined,
): Promise<Refusal[]> {
  const fails = policy.failurePolicy !== 'Ignore';
  const withParams = policy.paramKind !== undefined;
  const composition = policy.variables?.length
    ? await new Pace().run(composeSteps(policy.variables, withParams))
    : undefined;
  const failed = (message: string): Refusal[] => (fails ? [{ message, reason: 'Invalid', index: 0 }] : []);
  const about = await isAbout(policy.matchConditions, bindings, { composition, withParams });
  if (about === false) return [];
  if (about !== true) return failed(about.message);
  const variables = (withAuthorizer: boolean): ReturnType<typeof admissionVariables> =>
    composition?.variables(withAuthorizer) ?? admissionVariables(withParams, withAuthorizer);
  try {
    const refusals = await validate(policy, bindings, composition, variables, fails);
    const unpublished = await annotate(policy, bindings, composition, variables(true), publish);
    return fails ? [...refusals, ...unpublished] : refusals;
  } catch (error) {
    if (error instanceof OutOfBudget) return failed(error.message);
    throw error;
  }
}

/** Throws OutOfBudget. */
async function validate(
  { validations = [] }: Expressions,
  bindings: Bindings,
  composition: Composition | undefined,
  variables: (withAuthorizer: boolean) => ReturnType<typeof admissionVariables>,
  fails: boolean,
): Promise<Refusal[]> {
  const evaluation = new Evaluation(bindings, composition, REQUEST_BUDGET);
  const values: Value[] = [];
  for (const { expression } of validations) values.push(await evaluation.run(expression, variables(true), ['bool']));
  if (values.every((value) => value === true)) return [];
  const messages = await messagesOf(validations, bindings, composition, variables(false), evaluation.left);
  return values.flatMap((value, index): Refusal[] => {
    const validation = validations[index] as Validation;
    if (value instanceof CelError) return fails ? [{ message: value.message, reason: 'Invalid', index }] : [];
    if (messages instanceof OutOfBudget)
      return fails ? [{ message: `failed messageExpression: ${messages.message}`, reason: 'Invalid', index }] : [];
    if (value === true) return [];
    return [{ message: messageOf(validation, messages[index] ?? null), reason: validation.reason || 'Invalid', index }];
  });
}

/** What the expressions for messages make, of all validations; those that fail leave the plain message. */
async function messagesOf(
  validations: readonly Validation[],
  bindings: Bindings,
  composition: Composition | undefined,
  variables: ReturnType<typeof admissionVariables>,
  budget: number,
): Promise<Value[] | OutOfBudget> {
  const { authorizer: _, 'authorizer.requestResource': __, ...known } = bindings;
  const evaluation = new Evaluation(known, composition, budget);
  try {
    const values: Value[] = [];
    for (const { messageExpression: text } of validations)
      values.push(text ? await evaluation.run(text, variables, ['string']) : null);
    return values;
  } catch (error) {
    if (error instanceof OutOfBudget) return error;
    throw error;
  }
}

/** What of the audit annotations fails; null and '' are left out. Throws OutOfBudget. */
async function annotate(
  { auditAnnotations = [] }: Expressions,
  bindings: Bindings,
  composition: Composition | undefined,
  variables: ReturnType<typeof admissionVariables>,
  publish: Publish,
): Promise<Refusal[]> {
  const evaluation = new Evaluation(bindings, composition, REQUEST_BUDGET);
  const refusals: Refusal[] = [];
  for (const { key, valueExpression } of auditAnnotations) {
    const value = await evaluation.run(valueExpression, variables, ['string', 'null_type']);
    if (value instanceof CelError) refusals.push({ message: value.message, reason: 'Invalid', index: 0, always: true });
    else if (typeof value === 'string' && value.trim()) publish(key, value.trim());
  }
  return refusals;
}
