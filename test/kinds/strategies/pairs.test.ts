import { describe, expect, test } from 'vitest';
import { createRegistry } from '../../../src/kinds/registry.ts';
import type { StrategyContext } from '../../../src/kinds/kind.ts';
import { MAX_WARNINGS } from '../../../src/meta/max-warnings.ts';

/** What is said of each two parts that are alike would be millions of sentences about a body of some kilobytes. */
const registry = createRegistry();
const MANY = 3000;
const many = <T>(part: T): T[] => Array.from({ length: MANY }, () => part);
const context: StrategyContext = { now: '', user: '', warn: () => undefined, subresource: '', apiVersion: '' };

describe('of many parts that are alike no more is said than anybody reads', () => {
  test('terms of a StorageClass', () => {
    const object = { metadata: { name: 'a' }, provisioner: 'p', allowedTopologies: many({}) };
    const { strategy } = registry.preferred('storageclasses.storage.k8s.io')!.storage;
    expect(strategy.validate!(object as never, context).length).toBeLessThan(2 * MANY);
  });

  const files = many({ key: 'k', path: 'a' });
  test.each([
    ['ports', { containers: [{ name: 'c', ports: many({ containerPort: 80, protocol: 'TCP' }) }] }],
    ['files of a ConfigMap', { containers: [], volumes: [{ name: 'v', configMap: { name: 'x', items: files } }] }],
    [
      'files of a projection',
      { containers: [], volumes: [{ name: 'v', projected: { sources: [{ configMap: { items: files } }] } }] },
    ],
  ])('%s of a pod', (_, spec) => {
    const { strategy } = registry.preferred('pods')!.storage;
    const warnings = strategy.warnings!({ metadata: { name: 'a' }, spec } as never, undefined);
    expect(warnings.length).toBeGreaterThan(0);
    expect(warnings.length).toBeLessThanOrEqual(2 * MAX_WARNINGS);
  });
});
