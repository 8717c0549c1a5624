import { hasPodLevelResources, type SpecOfAmounts } from './pod-amounts.ts';

/** Resources whose quota makes every container say how much it needs. It is a mistake of old that is kept for them alone. */
const DEMANDED: ReadonlySet<string> = new Set([
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
]);

/**
 * What a pod's containers leave unsaid that the quota asks of them: `requests.cpu for: a,b`, sorted. A pod that has
 * resources of its own need not say more (KEP-2837). Source: pkg/quota/v1/evaluator/core podEvaluator.Constraints.
 * @param hard the quota's resource names
 */
export function unsaid(spec: SpecOfAmounts | undefined, hard: readonly string[]): string[] {
  if (!spec || hasPodLevelResources(spec)) return [];
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  return hard
    .filter((name) => DEMANDED.has(name))
    .sort()
    .flatMap((name) => {
      const side = name.startsWith('limits.') ? 'limits' : 'requests';
      const resource = name.replace(/^(limits|requests)\./, '');
      const silent = containers.filter(({ resources }) => resources?.[side]?.[resource] === undefined);
      return silent.length ? [`${name} for: ${[...new Set(silent.map((each) => each.name))].sort().join(',')}`] : [];
    });
}
