import type { PolicyRule } from '../../schema/types.ts';
import type { Reconciler } from '../control/contract.ts';
import { semanticEqual } from '../control/equal.ts';
import { labelMatcher } from '../control/selector.ts';
import { unlessGone } from '../control/conflict.ts';
import { canonicalJson } from '../meta/canonical-json.ts';

const RESOURCE = 'clusterroles.rbac.authorization.k8s.io';

/** Fills the rules of roles with an aggregation rule from the roles that it selects, in the order of their names. */
export const clusterroleaggregation: Reconciler = {
  name: 'clusterrole-aggregation',
  watches: [
    {
      resource: RESOURCE,
      *keys(_role, _old, ctx) {
        for (const role of ctx.informer(RESOURCE).list()) if (role.aggregationRule) yield role.metadata.name;
      },
    },
  ],
  async reconcile(name, ctx) {
    const informer = ctx.informer(RESOURCE);
    const role = informer.get('', name);
    if (!role?.aggregationRule) return;
    const rules: PolicyRule[] = [];
    const seen = new Set<string>();
    for (const selector of role.aggregationRule.clusterRoleSelectors ?? []) {
      const matches = labelMatcher(selector);
      const chosen = informer.list().filter((other) => other.metadata.name !== name && matches(other.metadata.labels));
      for (const other of chosen.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
        for (const rule of other.rules ?? []) {
          const key = canonicalJson(rule);
          if (!seen.has(key)) rules.push(rule);
          seen.add(key);
        }
      }
    }
    if (semanticEqual(role.rules, rules)) return;
    const apply = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules };
    await unlessGone(
      ctx.client.patch(RESOURCE, '', name, apply, {
        type: 'apply',
        fieldManager: 'clusterrole-aggregation-controller',
        force: true,
      }),
    );
  },
};
