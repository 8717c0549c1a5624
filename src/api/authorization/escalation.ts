import type { ClusterRole, RoleBinding } from '../../../schema/types.ts';
import type { KubeObject } from '../../meta/object.ts';
import { forbiddenRequest, notFound } from '../../meta/status.ts';
import type { RequestContext, Target, User } from '../contract.ts';
import type { Core } from '../core.ts';
import { sameJson } from '../patch/equal.ts';
import type { Stored } from '../../store/contract.ts';
import { resourceOf } from '../target.ts';
import { MASTERS, type Authorizer } from './authorizer.ts';
import { describeRules, goList, missingRules, type PolicyRule } from './rules.ts';

const GROUP = 'rbac.authorization.k8s.io';

/** Words for rules that the user does not hold; undefined when all are held. */
function notHeld(
  authorizer: Authorizer,
  user: User,
  namespace: string,
  wanted: readonly PolicyRule[],
): string | undefined {
  const { rules, errors } = authorizer.rbac.rulesFor(user, namespace);
  const missing = missingRules(rules, wanted);
  if (missing.length === 0) return undefined;
  const who = `user ${JSON.stringify(user.name)} (groups=${goList(user.groups)})`;
  const why = `${who} is attempting to grant RBAC permissions not currently held:\n${describeRules(missing).join('\n')}`;
  return errors.length ? `${why}; resolution errors: [${errors.join(', ')}]` : why;
}

/** Of a role that is there, or that the same bundle makes. */
const rulesOf = (role: Stored | undefined): readonly PolicyRule[] | undefined =>
  role && ((role.object as Partial<ClusterRole>).rules ?? []);

/**
 * Nobody grants what he does not have: a role's new rules, or those of the role that a binding names, must be held by
 * the writer, unless he may `escalate` the role or `bind` it (Kubernetes, RBAC: privilege escalation prevention).
 */
export function checkEscalation(
  { authorizer, store }: Pick<Core, 'authorizer' | 'store'>,
  ctx: RequestContext,
  target: Target,
  object: KubeObject,
  old: KubeObject | undefined,
): void {
  const { kind } = target;
  if (kind.group !== GROUP || ctx.user.groups.includes(MASTERS)) return;
  const namespace = kind.namespaced ? target.namespace : '';
  const name = object.metadata.name;
  const may = (verb: string, resource: string, of: string): boolean =>
    authorizer.decide(ctx.user, {
      verb,
      group: GROUP,
      version: kind.version,
      resource,
      subresource: '',
      namespace,
      name: of,
    }).allowed;
  let wanted: readonly PolicyRule[];
  if (kind.resource.endsWith('roles')) {
    if (may('escalate', kind.resource, name)) return;
    const { rules, aggregationRule } = object as Partial<ClusterRole>;
    if (old && sameJson(old['rules'] ?? [], rules ?? []) && sameJson(old['aggregationRule'], aggregationRule)) return;
    wanted = aggregationRule
      ? [
          { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
          { verbs: ['*'], nonResourceURLs: ['*'] },
        ]
      : (rules ?? []);
  } else {
    const { roleRef } = object as Partial<RoleBinding>;
    if (!roleRef) return;
    if (old && sameJson(old['roleRef'], roleRef) && sameJson(old['subjects'] ?? [], object['subjects'] ?? [])) return;
    const resource = roleRef.kind === 'Role' ? 'roles' : 'clusterroles';
    if (may('bind', resource, roleRef.name)) return;
    const key = {
      resource: `${resource}.${GROUP}`,
      namespace: roleRef.kind === 'Role' ? namespace : '',
      name: roleRef.name,
    };
    const rules = rulesOf(store.get(key));
    if (!rules) throw notFound({ group: GROUP, resource: roleRef.kind.toLowerCase() }, roleRef.name);
    wanted = rules;
  }
  const why = notHeld(authorizer, ctx.user, namespace, wanted);
  if (why) throw forbiddenRequest(resourceOf(kind), name, why);
}
