import type { StrategyContext } from '../../../src/kinds/kind.ts';
import { applySchemaDefaults } from '../../../src/kinds/defaults.ts';
import { normalizeObject } from '../../../src/kinds/normalize.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import type { KubeObject } from '../../../src/meta/object.ts';

const registry = createRegistry();
type Spec = Record<string, unknown>;

const context = (apiVersion: string, subresource = ''): StrategyContext => ({
  now: '2025-01-01T00:00:00Z',
  user: 'u',
  warn: () => {},
  subresource,
  apiVersion,
});
const shown = (errors: readonly { field: string; body: string }[]): string[] =>
  errors.map(({ field, body }) => `${field}: ${body}`);

/** The rules of one kind, run as the API runs them. */
export function rulesOf(group: string, version: string, resource: string) {
  const kind = registry.byResource(group, version, resource)!;
  const { schema, strategy } = kind.storage;
  const apiVersion = group ? `${group}/${version}` : version;
  const defaulted = (fields: Spec, metadata: Spec): KubeObject => {
    const object = {
      apiVersion,
      kind: kind.kind,
      metadata: { name: 'a', namespace: 'n', uid: 'u-1', ...metadata },
      ...structuredClone(fields),
    } as unknown as KubeObject;
    applySchemaDefaults(kind.schema, object, false);
    strategy.defaults?.(object);
    return object;
  };
  /** An object that was created without validation, as the store has it. */
  const stored = (fields: Spec, metadata: Spec = {}): KubeObject => {
    const object = defaulted(fields, metadata);
    strategy.prepareForCreate?.(object, context(apiVersion));
    return {
      ...normalizeObject(schema, object),
      metadata: { ...object.metadata, resourceVersion: '1', generation: 1 },
    };
  };
  return {
    stored,
    defaulted,
    /** `field: message` of what a create is refused for */
    create(fields: Spec, metadata: Spec = {}): string[] {
      const object = defaulted(fields, metadata);
      strategy.prepareForCreate?.(object, context(apiVersion));
      return shown(strategy.validate?.(object, context(apiVersion)) ?? []);
    },
    update(before: Spec, after: Spec, metadata: Spec = {}): string[] {
      const old = stored(before);
      const sent = defaulted(after, { resourceVersion: '1', ...metadata });
      const object = normalizeObject(schema, sent);
      const ctx = { ...context(apiVersion), sent };
      strategy.prepareForUpdate?.(object, old, ctx);
      return shown([
        ...((!strategy.validatesAllOnUpdate && strategy.validate?.(object, ctx)) || []),
        ...(strategy.validateUpdate?.(object, old, ctx) ?? []),
      ]);
    },
    status(fields: Spec, before: Spec, after: Spec): string[] {
      const old = { ...stored(fields), status: before } as KubeObject;
      const object = { ...structuredClone(old), status: structuredClone(after) } as KubeObject;
      const { status } = strategy.subresources!;
      status!.prepareForUpdate?.(object, old, context(apiVersion, 'status'));
      return shown(status!.validateUpdate?.(object, old, context(apiVersion, 'status')) ?? []);
    },
    /** what a write to `/status` takes over from the old object; changes `object` */
    statusOf: (object: KubeObject, old: KubeObject): void =>
      strategy.subresources!['status']!.prepareForUpdate?.(object, old, context(apiVersion, 'status')),
    warnings: (fields: Spec, metadata: Spec = {}): string[] =>
      strategy.warnings?.(defaulted(fields, metadata), undefined) ?? [],
  };
}

/** A template of one good container. */
export const template = (spec: Spec = {}, metadata: Spec = { labels: { app: 'a' } }): Spec => ({
  metadata,
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
});
export const selector = { matchLabels: { app: 'a' } };
