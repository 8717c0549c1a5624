import { describe, expect, it } from 'vitest';
import type { ResourceResourceClaim } from '../../../schema/types.ts';
import { ClaimLedger, deviceId } from '../../../src/scheduler/devices/claim-ledger.ts';
import { allocated, claim, DRIVER } from '../../support/devices.ts';

const G0 = deviceId(DRIVER, 'n1', 'g0');
const at = (version: number, ...devices: string[]): ResourceResourceClaim =>
  claim('c', undefined, {
    resourceVersion: String(version),
    ...(devices.length && { allocation: allocated('n1', ...devices) }),
  });

/** A ledger over an informer that is told by hand. */
function start() {
  const known = new Map<string, ResourceResourceClaim>();
  let devicesOf: (claim: ResourceResourceClaim) => readonly string[] = () => [];
  const ledger = new ClaimLedger({
    get: (_, name) => known.get(name),
    index: (_, device) => [...known.values()].filter((one) => devicesOf(one).includes(device)),
    addIndex: (_, values) => void (devicesOf = values),
  });
  const tell = (object: ResourceResourceClaim | undefined): void => {
    const old = known.get('c');
    if (object) known.set('c', object);
    else known.delete('c');
    ledger.seen(object, old);
  };
  return { ledger, tell };
}

describe('what is known of claims', () => {
  it('is ahead of the informer until that has it', () => {
    const { ledger, tell } = start();
    tell(at(1));
    ledger.begin('c', allocated('n1', 'g0'));
    expect(ledger.isPending('c')).toBe(true);
    ledger.wrote(at(3, 'g0'));
    expect([ledger.isPending('c'), ledger.isTaken(G0), ledger.size]).toEqual([false, true, 1]);
    expect(ledger.claim('a', 'c')?.metadata.resourceVersion).toBe('3');
    // its finalizer, which was written before
    tell(at(2));
    expect([ledger.isTaken(G0), ledger.size]).toEqual([true, 1]);
    tell(at(3, 'g0'));
    expect([ledger.isTaken(G0), ledger.size]).toEqual([true, 0]);
    tell(at(4));
    expect(ledger.isTaken(G0)).toBe(false);
  });

  it.each([
    ['goes before that', undefined],
    ['goes and comes again under its name', claim('c', undefined, { uid: 'another' })],
  ])('is let go of when the claim %s', (_, then) => {
    const { ledger, tell } = start();
    tell(at(1));
    ledger.begin('c', allocated('n1', 'g0'));
    ledger.wrote(at(3, 'g0'));
    tell(then);
    expect([ledger.isTaken(G0), ledger.size]).toEqual([false, 0]);
  });

  it.each([
    ['seen as it is', at(3, 'g0')],
    ['seen as it became', at(5)],
    ['seen to go', undefined],
  ])('is not kept when the answer comes after the claim was %s', (_, seen) => {
    const { ledger, tell } = start();
    tell(at(1));
    ledger.begin('c', allocated('n1', 'g0'));
    tell(seen);
    expect(ledger.isPending('c')).toBe(true);
    ledger.wrote(at(3, 'g0'));
    expect(ledger.size).toBe(0);
    expect(ledger.isTaken(G0)).toBe(seen?.metadata.resourceVersion === '3');
  });
});
