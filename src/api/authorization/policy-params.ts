import type {
  ParamKind,
  ValidatingAdmissionPolicyBindingSpec,
  ValidatingAdmissionPolicySpec,
} from '../../../schema/types.ts';
import { forbidden, Path } from '../../meta/field.ts';
import { parseApiVersion } from '../../meta/gvk.ts';
import type { KubeObject } from '../../meta/object.ts';
import { invalidObject } from '../../meta/status.ts';
import type { RequestContext, Target, User } from '../contract.ts';
import type { Core } from '../core.ts';
import { sameJson } from '../patch/equal.ts';
import { MASTERS } from './authorizer.ts';

const GROUP = 'admissionregistration.k8s.io';
/** Of each resource of bindings that of its policies. */
const POLICIES: ReadonlyMap<string, string> = new Map([
  ['validatingadmissionpolicybindings', 'validatingadmissionpolicies'],
  ['mutatingadmissionpolicybindings', 'mutatingadmissionpolicies'],
]);
const ALL_POLICIES: ReadonlySet<string> = new Set(POLICIES.values());
const SPEC = Path.root('spec');

type Reading = Pick<Core, 'authorizer' | 'registry' | 'store'>;

/**
 * What a policy is given as parameters it can tell in its messages. So who writes a policy must be able to get all
 * objects of its paramKind, and who binds it those that the binding names. Throws 422.
 */
export function checkParamAccess(
  core: Reading,
  { user }: RequestContext,
  { kind, subresource }: Target,
  object: KubeObject,
  old: KubeObject | undefined,
): void {
  if (kind.group !== GROUP || subresource || user.groups.includes(MASTERS)) return;
  const policies = POLICIES.get(kind.resource);
  const problem = ALL_POLICIES.has(kind.resource)
    ? policyProblem(core, user, object, old)
    : policies && bindingProblem(core, user, policies, object, old);
  if (!problem) return;
  const { field, why } = problem;
  throw invalidObject(kind.storage, object.metadata.name, [forbidden(SPEC.child(field), why)]);
}

interface Problem {
  field: string;
  why: string;
}

function policyProblem(core: Reading, user: User, object: KubeObject, old: KubeObject | undefined) {
  const specOf = (policy?: KubeObject) => (policy?.['spec'] ?? {}) as ValidatingAdmissionPolicySpec;
  const { paramKind } = specOf(object);
  if (!paramKind || sameJson(specOf(old).paramKind, paramKind)) return undefined;
  if (mayRead(core, user, 'get', placeOf(core, paramKind), '*', '*')) return undefined;
  const why = `user ${printed(user)} must have "get" permission on all objects of the referenced paramKind (kind=${paramKind.kind ?? ''}, apiVersion=${paramKind.apiVersion ?? ''})`;
  return { field: 'paramKind', why };
}

function bindingProblem(
  core: Reading,
  user: User,
  policies: string,
  object: KubeObject,
  old: KubeObject | undefined,
): Problem | undefined {
  const specOf = (binding?: KubeObject) => (binding?.['spec'] ?? {}) as ValidatingAdmissionPolicyBindingSpec;
  const { paramRef, policyName = '' } = specOf(object);
  const before = specOf(old);
  if (!paramRef || (before.policyName === policyName && sameJson(before.paramRef, paramRef))) return undefined;
  const policy = core.store.get({ resource: `${policies}.${GROUP}`, namespace: '', name: policyName });
  const paramKind = policy && (policy.object['spec'] as ValidatingAdmissionPolicySpec | undefined)?.paramKind;
  const place = placeOf(core, paramKind);
  const verb = paramRef.name ? 'get' : 'list';
  if (mayRead(core, user, verb, place, paramRef.namespace ?? '', paramRef.name ?? '')) return undefined;
  const all = `to determine minimum required permissions and user ${printed(user)} does not have "${verb}" permission for all groups, versions and resources`;
  const why = !policy
    ? `unable to get policy ${policyName} ${all}`
    : paramKind && place.resource === '*'
      ? `unable to resolve paramKind {${paramKind.apiVersion ?? ''} ${paramKind.kind ?? ''}} ${all}`
      : `user ${printed(user)} does not have "${verb}" permission on the object referenced by paramRef`;
  return { field: 'paramRef', why };
}

interface Place {
  group: string;
  version: string;
  resource: string;
}

/** Where objects of the kind are; everywhere, as far as that is not known. */
function placeOf({ registry }: Reading, paramKind: ParamKind | undefined): Place {
  if (!paramKind) return { group: '*', version: '*', resource: '*' };
  const { group, version } = parseApiVersion(paramKind.apiVersion ?? '');
  const resource = registry.byKind(group, version, paramKind.kind ?? '')?.resource ?? '*';
  return { group, version, resource };
}

const mayRead = ({ authorizer }: Reading, user: User, verb: string, place: Place, namespace: string, name: string) =>
  authorizer.decide(user, { verb, ...place, subresource: '', namespace, name }).allowed;

/** As Go prints it. */
function printed({ name, uid = '', groups, extra = {} }: User): string {
  const entries = Object.entries(extra).sort(([a], [b]) => (a < b ? -1 : 1));
  const values = entries.map(([key, list]) => `${key}:[${list.join(' ')}]`);
  return `&{${name} ${uid} [${groups.join(' ')}] map[${values.join(' ')}]}`;
}
