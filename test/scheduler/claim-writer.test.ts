import { describe, expect, it } from 'vitest';
import type { ResourceResourceClaim } from '../../schema/types.ts';
import type { Client } from '../../src/client/contract.ts';
import { conflict } from '../../src/meta/status.ts';
import { ClaimWriter } from '../../src/scheduler/claim-writer.ts';
import { viewOf } from '../support/scheduling-cluster.ts';
import { allocated, claim } from '../support/devices.ts';
import { pod } from './plugins/support.ts';

const CLAIMS = 'resourceclaims.resource.k8s.io';
const p = pod('p');
const of = (name: string) => claim(name, undefined, { reservedFor: [{ resource: 'pods', name: 'p', uid: 'p' }] });

describe('the claims of a pod', () => {
  it('have no devices any more when it is not bound, though that cannot be written of all', async () => {
    const claims = [{ ...of('c'), status: { ...of('c').status, allocation: allocated('n1', 'g0') } }, claim('d')];
    const { resourceClaims: ledger } = viewOf({ [CLAIMS]: claims });
    const client = { patch: () => Promise.reject(new Error('away')) } as unknown as Client;
    const writer = new ClaimWriter(client);
    const reservations = [
      { claim: claims[0]!, allocation: undefined },
      { claim: claims[1]!, allocation: allocated('n1', 'g1') },
    ];
    writer.begin(ledger, reservations);
    const device = 'gpu.example.com/n1/g1';
    expect([ledger.isPending('d'), ledger.isTaken(device)]).toEqual([true, true]);
    await expect(writer.release(ledger, p, reservations)).rejects.toThrow('away');
    expect([ledger.isPending('d'), ledger.isTaken(device)]).toEqual([false, false]);
  });

  it('are not others of the same name that came meanwhile', async () => {
    const other: ResourceResourceClaim = { ...claim('c'), metadata: { ...claim('c').metadata, uid: 'other' } };
    const written: unknown[] = [];
    const client = {
      get: () => Promise.resolve(other),
      update: (_: string, object: ResourceResourceClaim) => {
        if (object.metadata.uid !== 'other')
          return Promise.reject(conflict({ group: 'resource.k8s.io', resource: 'resourceclaims' }, 'c', 'changed'));
        written.push(object);
        return Promise.resolve(object);
      },
    } as unknown as Client;
    const { resourceClaims: ledger } = viewOf({ [CLAIMS]: [claim('c')] });
    const reservations = [{ claim: claim('c'), allocation: allocated('n1', 'g0') }];
    await expect(new ClaimWriter(client).reserve(ledger, p, reservations)).rejects.toThrow(
      'claim a/c got replaced in the meantime',
    );
    expect(written).toEqual([]);
  });
});
