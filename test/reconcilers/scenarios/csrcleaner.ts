import { expect } from 'vitest';
import { csrcleaner } from '../../../src/reconcilers/csrcleaner.ts';
import { makeCertificate } from '../../../src/start/certificates.ts';
import type { Cluster } from '../../support/cluster.ts';
import type { Scenario } from '../../support/scenario.ts';
import { certificateRequest, requestFor } from './certificate-requests.ts';

const HOUR = 3600_000;
const START = '2026-01-01T00:00:00Z';
const request = await requestFor('CN=somebody');
const { cert } = await makeCertificate({ commonName: 'somebody' }, undefined);
const good = Buffer.from(cert).toString('base64');

const CSRS = 'certificatesigningrequests.certificates.k8s.io';
/** What is said of a request, in the order of what may say it: its approvers, then its signer. */
async function answer(cluster: Cluster, name: string, said: readonly string[], certificate?: string, at = START) {
  const condition = (type: string) => ({ type, status: 'True', lastUpdateTime: at });
  const csr = await cluster.client.get(CSRS, '', name);
  const decided = said.filter((type) => type !== 'Failed').map(condition);
  const approved = await cluster.client.update(CSRS, { ...csr, status: { conditions: decided } }, 'approval');
  const conditions = [
    ...(approved.status?.conditions ?? []),
    ...(said.includes('Failed') ? [condition('Failed')] : []),
  ];
  await cluster.client.update(
    CSRS,
    { ...approved, status: { conditions, ...(certificate && { certificate }) } },
    'status',
  );
}
const NAMES = ['approved', 'denied', 'failed', 'issued', 'issued-lately', 'issued-later', 'pending'];
const left = async (cluster: Cluster): Promise<string[]> =>
  (await cluster.list(CSRS)).map(({ metadata }) => metadata.name);

/** What has been answered is kept for an hour, what nobody answers, or nobody signs, for a day. */
export const csrcleanerScenario: Scenario = {
  controllers: () => [csrcleaner],
  given: NAMES.map((name) => certificateRequest(name, request)),
  acts: [
    async (cluster) => {
      await answer(cluster, 'approved', ['Approved']);
      await answer(cluster, 'denied', ['Denied']);
      await answer(cluster, 'failed', ['Approved', 'Failed']);
      await answer(cluster, 'issued', ['Approved'], good);
      await answer(cluster, 'issued-lately', ['Approved'], good, '2026-01-01T00:30:00Z');
      await answer(cluster, 'issued-later', ['Approved'], good, '2026-01-02T00:00:00Z');
    },
    (cluster) => cluster.advance(HOUR - 60_000),
    async (cluster) => expect(await left(cluster)).toEqual(NAMES),
    (cluster) => cluster.advance(120_000),
    async (cluster) => expect(await left(cluster)).toEqual(['approved', 'issued-lately', 'issued-later', 'pending']),
    (cluster) => cluster.advance(HOUR),
    async (cluster) => expect(await left(cluster)).toEqual(['approved', 'issued-later', 'pending']),
    (cluster) => cluster.advance(20 * HOUR),
    async (cluster) => expect(await left(cluster)).toEqual(['approved', 'issued-later', 'pending']),
    (cluster) => cluster.advance(5 * HOUR),
  ],
  async end(cluster) {
    expect(await left(cluster)).toEqual([]);
  },
};
