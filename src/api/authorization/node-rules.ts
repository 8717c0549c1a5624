import bootstrapObjects from '../../../schema/bootstrap.json' with { type: 'json' };
import type { ResourceAttributes } from './attributes.ts';
import { ruleAllows, type PolicyRule } from './rules.ts';

/** The rules of every node, whatever has become of the ClusterRole that a new cluster has of the same name. */
const RULES: readonly PolicyRule[] =
  bootstrapObjects.clusterroles.find(({ metadata }) => metadata.name === 'system:node')?.rules ?? [];

/** Whether the rules allow it that all nodes have: those for what is not divided among them. */
export const nodeRulesAllow = (attributes: ResourceAttributes): boolean =>
  RULES.some((rule) => ruleAllows(rule, attributes));
