import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pod } from '../../schema/types.ts';
import { zeroQuantity } from '../../src/meta/quantity.ts';
import { addAmounts, exact } from '../../src/rules/pod-amounts.ts';
import { resourceOfQuotaName, usageOf, type Usage } from '../../src/rules/quota-usage.ts';
import { formatAmounts } from './format-amounts.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const object = (fields: object = {}, metadata: object = {}) => ({
  metadata: { name: 'o', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
  ...fields,
});
const usage = (resource: string, fields?: object, metadata?: object): Record<string, string> =>
  formatAmounts(usageOf(resource, object(fields, metadata), NOW));

describe('what an object takes of a quota', () => {
  test('of the core group its own name too, of another only the count', () => {
    expect(usage('secrets')).toEqual({ 'count/secrets': '1', secrets: '1' });
    expect(usage('deployments.apps')).toEqual({ 'count/deployments.apps': '1' });
    expect(usage('serviceaccounts')).toEqual({ 'count/serviceaccounts': '1' });
  });

  test('extended resources by their requests alone', () => {
    const resources = { requests: { 'example.com/gpu': '1' }, limits: { 'example.com/gpu': '1' } };
    expect(usage('pods', { spec: { containers: [{ name: 'a', resources }] } })).toEqual({
      'count/pods': '1',
      pods: '1',
      'requests.example.com/gpu': '1',
    });
  });

  const ended = { 'count/pods': '1' };
  const lives = { 'count/pods': '1', pods: '1' };
  test.each([
    ['Running', {}, lives],
    ['Succeeded', {}, ended],
    ['Failed', {}, ended],
    ['Running', { deletionTimestamp: '2025-12-31T23:59:29Z', deletionGracePeriodSeconds: 30 }, ended],
    ['Running', { deletionTimestamp: '2025-12-31T23:59:30Z', deletionGracePeriodSeconds: 30 }, lives],
    ['Running', { deletionTimestamp: '2025-12-31T00:00:00Z' }, lives],
  ])('a pod that is %s with %j', (phase, metadata, expected) => {
    expect(usage('pods', { spec: { containers: [] }, status: { phase } }, metadata)).toEqual(expected);
  });

  test.each([
    ['the class of the annotation before the field', { storageClassName: 'gold' }, 'beta', '1Gi', {}, 'beta', '1Gi'],
    ['no class where the annotation is empty', { storageClassName: 'gold' }, '', '1Gi', {}, undefined, '1Gi'],
    ['whole bytes', { storageClassName: 'gold' }, undefined, '1500m', {}, 'gold', '2'],
    ['what is allocated', {}, undefined, '1Gi', { allocatedResources: { storage: '2Gi' } }, undefined, '2Gi'],
    ['what is asked for', {}, undefined, '3Gi', { allocatedResources: { storage: '2Gi' } }, undefined, '3Gi'],
  ])('of a claim %s', (_name, spec, beta, storage, status, name, expected) => {
    const annotations = beta === undefined ? {} : { 'volume.beta.kubernetes.io/storage-class': beta };
    const fields = { spec: { ...spec, resources: { requests: { storage } } }, status };
    expect(usage('persistentvolumeclaims', fields, { annotations })).toEqual({
      'count/persistentvolumeclaims': '1',
      persistentvolumeclaims: '1',
      'requests.storage': expected,
      ...(name && {
        [`${name}.storageclass.storage.k8s.io/persistentvolumeclaims`]: '1',
        [`${name}.storageclass.storage.k8s.io/requests.storage`]: expected,
      }),
    });
  });

  test('is known by a name of the kind that takes it', () => {
    const names = ['pods', 'requests.cpu', 'limits.memory', 'hugepages-2Mi', 'requests.storage', 'services.nodeports'];
    expect(
      [...names, 'gold.storageclass.storage.k8s.io/requests.storage', 'count/jobs.batch', 'odd'].map(
        resourceOfQuotaName,
      ),
    ).toEqual([
      'pods',
      'pods',
      'pods',
      'pods',
      'persistentvolumeclaims',
      'services',
      'persistentvolumeclaims',
      'jobs.batch',
      undefined,
    ]);
  });
});

test('usage is additive: in any order, and by parts', () => {
  const amount = fc.nat(10_000).map((n) => `${n}m`);
  const pods = fc.array(fc.record({ cpu: amount, memory: amount }, { requiredKeys: [] }), { maxLength: 8 });
  const takes = (requests: object): Usage =>
    usageOf('pods', object({ spec: { containers: [{ name: 'c', resources: { requests } }] } }) as Pod, NOW);
  const sum = (all: readonly object[]): Usage => {
    const total: Usage = {};
    for (const each of all) addAmounts(total, takes(each), exact);
    return total;
  };
  fc.assert(
    fc.property(pods, pods, (some, others) => {
      const together = sum([...some, ...others]);
      expect(formatAmounts(sum([...others, ...some]))).toEqual(formatAmounts(together));
      const [left, right] = [sum(some), sum(others)];
      for (const name in together) {
        const parts = (left[name] ?? zeroQuantity).nano + (right[name] ?? zeroQuantity).nano;
        expect(together[name]!.nano).toBe(parts);
      }
    }),
  );
});
