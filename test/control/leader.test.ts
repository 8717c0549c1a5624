import { describe, expect, it } from 'vitest';
import { createLeader } from '../../src/control/leader.ts';
import { FakeClient } from '../support/fake-client.ts';
import { FakeClock } from '../support/fake-clock.ts';

function candidates() {
  const clock = new FakeClock();
  const client = new FakeClient(clock);
  const said: string[] = [];
  const make = (identity: string) =>
    createLeader({
      client,
      clock,
      identity,
      name: 'l',
      namespace: 'kube-system',
      random: () => 0.5,
      onStarted: () => said.push(`${identity} leads`),
      onStopped: () => said.push(`${identity} stops`),
    });
  return { clock, client, said, make };
}

describe('leader election', () => {
  it('has one leader, and another one when the first falls silent', async () => {
    const { clock, client, said, make } = candidates();
    const a = make('a');
    const b = make('b');
    a.start();
    await clock.advance(1);
    b.start();
    await clock.advance(60_000);
    expect(said).toEqual(['a leads']);
    client.refuse = (verb, _resource, object) => {
      if (verb === 'update' && object['spec'].holderIdentity === 'a') throw new Error('cut off');
    };
    await clock.advance(40_000);
    expect(said).toEqual(['a leads', 'a stops', 'b leads']);
    expect((await client.get('leases.coordination.k8s.io', 'kube-system', 'l')).spec?.leaseTransitions).toBe(1);
  });

  it('hands over at once when the leader stops', async () => {
    const { clock, said, make } = candidates();
    const a = make('a');
    const b = make('b');
    a.start();
    await clock.advance(1);
    b.start();
    await a.stop();
    await clock.advance(5000);
    expect(said).toEqual(['a leads', 'a stops', 'b leads']);
  });
});
