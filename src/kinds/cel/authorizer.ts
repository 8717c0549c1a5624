import type { Environment } from '@marcbachmann/cel-js';

/** What `authorizer` in an expression asks (KEP-3488): may a user do this? */
export interface Question {
  /** other than the one whose request it is */
  serviceAccount?: { namespace: string; name: string };
  path?: string;
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  verb: string;
}
export interface Verdict {
  allowed: boolean;
  reason: string;
}
type Ask = (question: Question) => Verdict;

/** One step of a chain such as `authorizer.group('').resource('pods').namespace('a').check('get')`. */
class Step {
  constructor(
    readonly ask: Ask,
    readonly question: Question,
  ) {}
}
export class CelAuthorizer extends Step {
  /** of `authorizer.requestResource` */
  requestResource: ResourceCheck | undefined;
}
class PathCheck extends Step {}
class GroupCheck extends Step {}
class ResourceCheck extends Step {}
class Decision {
  constructor(readonly verdict: Verdict) {}
}

const NOTHING: Question = { group: '', resource: '', subresource: '', namespace: '', name: '', verb: '' };

/** The value of `authorizer`; `requestResource` is what the request is about. */
export function celAuthorizer(ask: Ask, requestResource: Omit<Question, 'verb'>): CelAuthorizer {
  const made = new CelAuthorizer(ask, NOTHING);
  made.requestResource = new ResourceCheck(ask, { ...requestResource, verb: '' });
  return made;
}

type To<T> = new (ask: Ask, question: Question) => T;
const step =
  <T>(to: To<T>, change: (...values: string[]) => Partial<Question>) =>
  (from: Step, ...values: string[]): T =>
    new to(from.ask, { ...from.question, ...change(...values) });
const check = (from: Step, verb: string): Decision => new Decision(from.ask({ ...from.question, verb }));

export function registerAuthorizer(environment: Environment): void {
  const types = { Authorizer: CelAuthorizer, PathCheck, GroupCheck, ResourceCheck, Decision };
  environment.registerType('Authorizer', {
    ctor: CelAuthorizer,
    fields: { requestResource: 'ResourceCheck' },
  } as never);
  for (const [name, ctor] of Object.entries(types))
    if (name !== 'Authorizer') environment.registerType(name, ctor as never);
  const functions: Record<string, (...args: never[]) => unknown> = {
    'Authorizer.path(string): PathCheck': step(PathCheck, (path) => ({ path })),
    'Authorizer.group(string): GroupCheck': step(GroupCheck, (group) => ({ group })),
    'Authorizer.serviceAccount(string, string): Authorizer': step(CelAuthorizer, (namespace = '', name = '') => ({
      serviceAccount: { namespace, name },
    })),
    'GroupCheck.resource(string): ResourceCheck': step(ResourceCheck, (resource) => ({ resource })),
    'ResourceCheck.subresource(string): ResourceCheck': step(ResourceCheck, (subresource) => ({ subresource })),
    'ResourceCheck.namespace(string): ResourceCheck': step(ResourceCheck, (namespace) => ({ namespace })),
    'ResourceCheck.name(string): ResourceCheck': step(ResourceCheck, (name) => ({ name })),
    'ResourceCheck.check(string): Decision': check,
    'PathCheck.check(string): Decision': check,
    'Decision.allowed(): bool': (d: Decision) => d.verdict.allowed,
    'Decision.reason(): string': (d: Decision) => d.verdict.reason,
    'Decision.errored(): bool': () => false,
    'Decision.error(): string': () => '',
  } as never;
  for (const [signature, handler] of Object.entries(functions))
    environment.registerFunction(signature, handler as () => unknown);
}
