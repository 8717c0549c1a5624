import { expect } from 'vitest';
import { legacytokencleaner } from '../../../src/reconcilers/legacytokencleaner.ts';
import { INVALID_SINCE, LAST_USED, TRACKING } from '../../../src/rules/legacy-tokens.ts';
import type { Manifest } from '../../support/fake-api.ts';
import type { Scenario } from '../../support/scenario.ts';
import { object, pod } from './manifests.ts';

const DAY = 24 * 3600_000;
/** The clock begins on 1 January, and so does the tracking, which counts from the day after. */
const token = (name: string, labels: Record<string, string> = {}): Manifest =>
  object('v1', 'Secret', name, {
    metadata: { labels, annotations: { 'kubernetes.io/service-account.name': 'old' } },
    type: 'kubernetes.io/service-account-token',
    // one of our own would be another in each cluster
    data: { token: 'c29tZQ==' },
  });
const LISTED = ['mounted', 'odd-day', 'odd-mark', 'opaque', 'rescued', 'unused', 'used'];

/** What was made for an account, and is of no use to anybody for two days, is marked, and goes two days later. */
export const legacytokencleanerScenario: Scenario = {
  controllers: () => [legacytokencleaner(2 * DAY)],
  given: [
    object('v1', 'ConfigMap', TRACKING.name, {
      metadata: { namespace: TRACKING.namespace },
      data: { [TRACKING.since]: '2026-01-01' },
    }),
    object('v1', 'ServiceAccount', 'old', { secrets: LISTED.map((name) => ({ name })) }),
    token('by-hand'),
    token('mounted'),
    token('odd-day', { [LAST_USED]: 'never' }),
    token('odd-mark', { [INVALID_SINCE]: 'x' }),
    object('v1', 'Secret', 'opaque', { type: 'Opaque' }),
    token('rescued'),
    token('unused', { [LAST_USED]: '2026-01-01' }),
    token('used', { [LAST_USED]: '2026-01-05' }),
    pod('mounts', { spec: { volumes: [{ name: 'v', secret: { secretName: 'mounted' } }] } }),
  ],
  acts: [
    async (cluster) => {
      // what others have made has the time of the machine
      const made = (await cluster.list('secrets')).filter(({ metadata }) => metadata.namespace === 'a');
      expect(made.map(({ metadata }) => metadata.labels?.[INVALID_SINCE] ?? '').join('')).toBe('x');
    },
    (cluster) => cluster.advance(2 * DAY),
    async (cluster) =>
      expect((await cluster.client.get('secrets', 'a', 'unused')).metadata.labels).toEqual({
        [LAST_USED]: '2026-01-01',
      }),
    (cluster) => cluster.advance(DAY),
    async (cluster) => {
      const marked = (await cluster.list('secrets')).filter(
        ({ metadata }) => metadata.labels?.[INVALID_SINCE] === '2026-01-04',
      );
      expect(marked.map(({ metadata }) => metadata.name)).toEqual(['odd-mark', 'rescued', 'unused']);
    },
    (cluster) =>
      cluster.client.patch('secrets', 'a', 'rescued', { metadata: { labels: { [LAST_USED]: '2026-01-05' } } }),
    (cluster) => cluster.advance(2 * DAY),
    async (cluster) => expect(await cluster.client.get('secrets', 'a', 'unused')).toBeTruthy(),
    (cluster) => cluster.advance(DAY),
  ],
  async end(cluster) {
    const left = (await cluster.list('secrets')).filter(({ metadata }) => metadata.namespace === 'a');
    expect(left.map(({ metadata }) => metadata.name)).toEqual([
      'by-hand',
      'mounted',
      'odd-day',
      'opaque',
      'rescued',
      'used',
    ]);
  },
};
