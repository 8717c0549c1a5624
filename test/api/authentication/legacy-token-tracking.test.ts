import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isStatusError } from '../../../src/meta/status.ts';
import { FakeApi } from '../../support/fake-api.ts';

const DAY = 24 * 3600_000;
const HALF_AN_HOUR = 30 * 60_000;
const [NAMESPACE, NAME] = ['kube-system', 'kube-apiserver-legacy-service-account-token-tracking'] as const;
let api: FakeApi;
beforeEach(async () => (api = await FakeApi.open({ tracksLegacyTokens: true })));
afterEach(() => api.close());

const since = async (): Promise<string | undefined> => {
  try {
    return (await api.client.get('configmaps', NAMESPACE, NAME)).data?.['since'];
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return undefined;
    throw error;
  }
};
const advance = (ms: number): Promise<void> => api.clock.advance(ms);

describe('the ConfigMap that says since when the use of tokens in Secrets is written down', () => {
  it('is there from the beginning, and stays what it is', async () => {
    expect(await since()).toBe('2026-01-01');
    await api.client.patch('configmaps', NAMESPACE, NAME, { data: { since: '2025-05-05' } });
    await advance(2 * DAY);
    expect(await since()).toBe('2025-05-05');
  });

  it.each([[{ since: 'long ago' }], [{ since: '2026-02-31' }], [{ since: null, other: 'x' }]])(
    'that says %j is mended',
    async (data) => {
      await advance(DAY);
      await api.client.patch('configmaps', NAMESPACE, NAME, { data });
      await advance(0);
      expect(await since()).toBe('2026-01-02');
    },
  );

  it('is made anew when it is deleted, and once in half an hour at the most', async () => {
    await advance(DAY);
    await api.client.delete('configmaps', NAMESPACE, NAME);
    await advance(0);
    expect(await since()).toBe('2026-01-02');
    await api.client.delete('configmaps', NAMESPACE, NAME);
    await advance(HALF_AN_HOUR - 1);
    expect(await since()).toBeUndefined();
    await advance(1);
    expect(await since()).toBe('2026-01-02');
  });
});
