import type { Strategy, StrategyContext } from '../../../src/kinds/kind.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import type { KubeObject } from '../../../src/meta/object.ts';
import { atOnce } from '../../../src/meta/steps.ts';

const registry = createRegistry();
export const ctx = (subresource = ''): StrategyContext => ({
  now: '2025-01-01T00:00:00Z',
  user: 'u',
  warn: () => {},
  subresource,
  apiVersion: 'v1',
});
export const strategyOf = (key: string): Strategy => registry.storage(key)!.strategy;

const objectOf = (key: string, fields: object): KubeObject => {
  const object = structuredClone({ metadata: { name: 'a' }, ...fields }) as unknown as KubeObject;
  if (registry.storage(key)!.namespaced) object.metadata.namespace = 'n';
  return object;
};

/** What a new object of the kind is refused with, as `field: words`, defaults filled in; sorted. */
export function refusals(key: string, fields: object): string[] {
  const strategy = strategyOf(key);
  const object = objectOf(key, fields);
  strategy.defaults?.(object);
  strategy.prepareForCreate?.(object, ctx());
  const steps = strategy.validateSteps?.(object, undefined, ctx());
  return [...(strategy.validate?.(object, ctx()) ?? []), ...(steps ? atOnce(steps) : [])]
    .map((e) => `${e.field}: ${e.body}`)
    .sort();
}

/** What a change from `before` to `after` is refused with besides the rules of every object. */
export function changeRefusals(key: string, before: object, after: object, subresource = ''): string[] {
  const strategy = strategyOf(key);
  const [old, object] = [objectOf(key, before), objectOf(key, after)];
  for (const each of [old, object]) strategy.defaults?.(each);
  const rules = subresource ? strategy.subresources![subresource]! : strategy;
  rules.prepareForUpdate?.(object, old, ctx(subresource));
  const steps = rules.validateSteps?.(object, old, ctx(subresource));
  return [...(rules.validateUpdate?.(object, old, ctx(subresource)) ?? []), ...(steps ? atOnce(steps) : [])]
    .map((e) => `${e.field}: ${e.body}`)
    .sort();
}

/** The object as a create makes it. */
export function created(key: string, fields: object): KubeObject {
  const object = objectOf(key, fields);
  const strategy = strategyOf(key);
  strategy.defaults?.(object);
  strategy.prepareForCreate?.(object, ctx());
  return object;
}
