import type { Kind } from '../../kinds/kind.ts';
import { composeSteps } from '../../kinds/cel/admission.ts';
import { REQUEST_BUDGET } from '../../kinds/cel/limits.ts';
import { compileMutation } from '../../kinds/cel/mutations.ts';
import type { KubeObject } from '../../meta/object.ts';
import { forbiddenRequest, isStatusError, StatusError } from '../../meta/status.ts';
import { Slice } from '../fairness/turns.ts';
import { sameJson } from '../patch/equal.ts';
import { resourceOf } from '../target.ts';
import { Pace } from '../write/pace.ts';
import { constraintsMatch } from './matching/constraints.ts';
import type { Matched } from './matching/rules.ts';
import { askable, isExempt, wordsOf } from './policies/asked.ts';
import { boundPolicies, MUTATING, type Binding, type Bound } from './policies/bound.ts';
import { isAbout } from './policies/evaluate.ts';
import { Evaluation } from './policies/evaluation.ts';
import { paramKindOf } from './policies/params.ts';
import { patchSteps } from './policies/patch.ts';
import { celVariables } from './policies/variables.ts';
import { requestName, type AdmissionPlugin, type AdmissionRequest } from './plugin.ts';
import { roundsOf } from './rounds.ts';
import { Views } from './view.ts';

type Policy = Bound<typeof MUTATING>;

/** A policy with a binding and one object of parameters. */
interface Invocation {
  readonly policy: Policy;
  readonly binding: Binding<typeof MUTATING>;
  readonly matched: Matched;
  readonly params: KubeObject | undefined;
}

/** What keeps a policy from doing what it says. */
interface Failure {
  readonly policy: Policy;
  readonly binding?: Binding<typeof MUTATING>;
  readonly why: string;
  readonly reason: 'Forbidden' | 'Invalid';
}

function messageOf({ policy, binding, why }: Failure): string {
  const by = binding ? `'${policy.name}' with binding '${binding.name}'` : JSON.stringify(policy.name);
  return `policy ${by} denied request: ${why}`;
}

/** The first failure is told, with the others as causes. */
function refusalOf(request: AdmissionRequest, failures: readonly Failure[]): StatusError | undefined {
  const counting = failures.filter(({ policy }) => policy.spec.failurePolicy !== 'Ignore');
  const [first] = counting;
  if (!first) return undefined;
  const message = messageOf(first);
  const { status } = forbiddenRequest(resourceOf(request.target.kind), requestName(request), message);
  const causes = counting.map((failure) => ({ message: messageOf(failure) }));
  return new StatusError({ ...status, message, reason: first.reason, details: { ...status.details, causes } });
}

/** All that are about a request, before any has changed it. */
async function invocationsOf(
  request: AdmissionRequest,
  policies: readonly Policy[],
  views: Views,
  failures: Failure[],
): Promise<Invocation[]> {
  const found: Invocation[] = [];
  const slice = new Slice();
  for (const policy of policies) {
    if (slice.over) await slice.next();
    const fail = (what: string, error: unknown, binding?: Binding<typeof MUTATING>): void => {
      const why = `failed to configure ${what}: ${wordsOf(error as Error)}`;
      failures.push({ policy, why, reason: 'Forbidden', ...(binding && { binding }) });
    };
    let matched: Matched | undefined;
    let paramKind: Kind | undefined;
    try {
      matched = constraintsMatch(policy.spec.matchConstraints, request);
      if (!matched) continue;
      paramKind = policy.spec.paramKind && paramKindOf(request.registry, policy.spec.paramKind);
    } catch (error) {
      fail('policy', error);
      continue;
    }
    for (const binding of policy.bindings) {
      const asked = await askable(request, binding, matched, paramKind, views).catch((error: unknown) =>
        fail('binding', error, binding),
      );
      for (const params of asked?.params ?? []) found.push({ policy, binding, matched, params });
    }
  }
  return found;
}

const idOf = ({ policy, binding, params }: Invocation): string =>
  JSON.stringify([policy.name, binding.name, params?.metadata.namespace ?? '', params?.metadata.name ?? '']);

/** False where its conditions say so. Throws Error where they cannot be asked. */
async function isWanted(request: AdmissionRequest, { policy, matched, params }: Invocation, views: Views) {
  const { matchConditions, paramKind, failurePolicy } = policy.spec;
  const bindings = celVariables(request, matched, await views.of(matched), params);
  const about = await isAbout(matchConditions, bindings, { withParams: paramKind !== undefined });
  if (typeof about === 'boolean') return about;
  if (failurePolicy === 'Ignore') return false;
  throw about;
}

/** Does what a policy says, mutation after mutation, each of which sees what those before it have made. */
async function mutate(
  request: AdmissionRequest,
  { policy, matched, params }: Invocation,
  views: Views,
  failed: (why: string) => void,
): Promise<{ ran: boolean; changed: boolean }> {
  const { mutations = [], variables = [], paramKind } = policy.spec;
  const withParams = paramKind !== undefined;
  const pace = new Pace();
  const composition = await pace.run(composeSteps(variables, withParams));
  const known = composition.variables(true);
  const kind = matched.body;
  const before = (await views.of(matched)).object;
  let ran = false;
  for (const mutation of mutations) {
    const view = await views.of(matched);
    if (!view.object) break;
    const { expression = '' } =
      (mutation.patchType === 'JSONPatch' ? mutation.jsonPatch : mutation.applyConfiguration) ?? {};
    if (pace.due) await pace.turn();
    try {
      const compiled = await pace.run(compileMutation(mutation.patchType, expression.trim(), known));
      if ('error' in compiled) throw new Error(compiled.error);
      const evaluation = new Evaluation(celVariables(request, matched, view, params), composition, REQUEST_BUDGET);
      const made = await pace.run(patchSteps(mutation, compiled.program, evaluation, kind, view.object));
      if (pace.due) await pace.turn();
      if (made !== view.object) await views.take(matched, made);
      ran = true;
    } catch (error) {
      if (isStatusError(error)) throw error;
      failed((error as Error).message);
    }
  }
  return { ran, changed: ran && !sameJson(before, (await views.of(matched)).object) };
}

/** Source: apiserver's mutating/dispatcher.go. */
async function askPolicies(request: AdmissionRequest, policies: readonly Policy[]): Promise<void> {
  const views = new Views(request);
  const failures: Failure[] = [];
  const invocations = await invocationsOf(request, policies, views, failures);
  const slice = new Slice();
  if (invocations.length) {
    const { rounds, reinvocation } = roundsOf(request, mutatingAdmissionPolicy.name);
    const { begun } = reinvocation;
    rounds.begin(reinvocation, request.object);
    let ran = false;
    for (const invocation of invocations) {
      if (slice.over) await slice.next();
      const { policy, binding } = invocation;
      const failed = (why: string): number => failures.push({ policy, binding, why, reason: 'Invalid' });
      const wanted = await isWanted(request, invocation, views).catch((error: unknown) => {
        failed((error as Error).message);
        return false;
      });
      const id = idOf(invocation);
      if (!wanted || (begun && !rounds.isAskedAgain(id))) continue;
      const done = await mutate(request, invocation, views, failed);
      ran ||= done.ran;
      if (done.changed) rounds.changed();
      if (policy.spec.reinvocationPolicy === 'IfNeeded') rounds.wasAsked(id);
    }
    // also where nothing was changed by what ran
    if (ran) rounds.changed();
    reinvocation.needed ||= ran;
    if (!begun) rounds.end(request.object);
  }
  const refused = refusalOf(request, failures);
  if (refused) throw refused;
}

/** Changes that the cluster makes to what is written, in CEL, each in force where a binding says so (KEP-3962). */
export const mutatingAdmissionPolicy: AdmissionPlugin = {
  name: 'MutatingAdmissionPolicy',
  handles: ({ kind }, operation) => operation !== 'DELETE' && !isExempt(kind.resource),
  // at once where there are none: a promise would be a turn of the microtasks for every write
  admit(request) {
    // what was stored while the version was served stays, and does nothing while it is not
    if (!request.registry.preferred(MUTATING.policies)) return undefined;
    const policies = boundPolicies(request.store, MUTATING);
    return policies.length ? askPolicies(request, policies) : undefined;
  },
};
