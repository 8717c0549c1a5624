import { applySchemaDefaults } from '../../../../src/kinds/defaults.ts';
import type { StrategyContext } from '../../../../src/kinds/kind.ts';
import { createRegistry } from '../../../../src/kinds/registry.ts';
import { validateMeta } from '../../../../src/kinds/validate-meta.ts';
import type { FieldError } from '../../../../src/meta/field.ts';
import type { KubeObject } from '../../../../src/meta/object.ts';
import { atOnce } from '../../../../src/meta/steps.ts';

const registry = createRegistry();
export const ctx: StrategyContext = {
  now: '2025-01-01T00:00:00Z',
  user: 'u',
  warn() {},
  subresource: '',
  apiVersion: 'v1',
};
const show = (errors: readonly FieldError[]): string[] => errors.map((e) => `${e.field}: ${e.body}`).sort();

/** A core/v1 object with defaults, as a create would have it before it is checked. */
export function made(resource: string, object: object): KubeObject {
  const kind = registry.byResource('', 'v1', resource)!;
  const one = structuredClone(object) as KubeObject;
  one.metadata = { ...(kind.namespaced && { namespace: 'n' }), ...one.metadata, name: one.metadata?.name ?? 'a' };
  applySchemaDefaults(kind.schema, one, false);
  kind.storage.strategy.defaults?.(one);
  return one;
}

/** The causes with which a create is refused, `field: message`, sorted. */
export function causes(resource: string, object: object): string[] {
  const kind = registry.byResource('', 'v1', resource)!;
  const one = made(resource, object);
  kind.storage.strategy.prepareForCreate?.(one, ctx);
  const { strategy } = kind.storage;
  const steps = strategy.validateSteps?.(one, undefined, ctx);
  return show([...validateMeta(kind, one), ...(strategy.validate?.(one, ctx) ?? []), ...(steps ? atOnce(steps) : [])]);
}

/** What an update is refused with for being one (`validateUpdate` alone). */
export function updateCauses(resource: string, old: object, object: object, subresource = ''): string[] {
  const { strategy } = registry.byResource('', 'v1', resource)!.storage;
  const [before, now] = [made(resource, old), made(resource, object)];
  const rules = subresource ? strategy.subresources![subresource]! : strategy;
  rules.prepareForUpdate?.(now, before, ctx);
  return show(rules.validateUpdate?.(now, before, ctx) ?? []);
}

export const warningsOf = (resource: string, object: object): string[] =>
  registry.byResource('', 'v1', resource)!.storage.strategy.warnings?.(made(resource, object), undefined) ?? [];

export const strategyOf = (resource: string) => registry.byResource('', 'v1', resource)!.storage.strategy;
