import { describe, expect, it } from 'vitest';
import { createLeader } from '../../src/control/leader.ts';
import { createClient } from '../../src/client/client.ts';
import { serviceUnavailable } from '../../src/meta/status.ts';
import type { FaultyTransport } from '../support/faulty-transport.ts';
import { FakeApi } from '../support/fake-api.ts';

async function candidates() {
  const api = await FakeApi.open();
  const { clock, client } = api;
  const said: string[] = [];
  const transports: Record<string, FaultyTransport> = {};
  const make = (identity: string) =>
    createLeader({
      client: createClient((transports[identity] = api.connect())),
      clock,
      identity,
      name: 'l',
      namespace: 'kube-system',
      random: () => 0.5,
      onStarted: () => said.push(`${identity} leads`),
      onStopped: () => said.push(`${identity} stops`),
    });
  return { clock, client, said, make, transports };
}

describe('leader election', () => {
  it('has one leader, and another one when the first falls silent', async () => {
    const { clock, client, said, make, transports } = await candidates();
    const a = make('a');
    const b = make('b');
    a.start();
    await clock.advance(1);
    b.start();
    await clock.advance(60_000);
    expect(said).toEqual(['a leads']);
    transports['a']!.before = ({ verb }) => {
      if (verb === 'update') throw serviceUnavailable('cut off');
    };
    await clock.advance(40_000);
    expect(said).toEqual(['a leads', 'a stops', 'b leads']);
    expect((await client.get('leases.coordination.k8s.io', 'kube-system', 'l')).spec?.leaseTransitions).toBe(1);
  });

  it('hands over at once when the leader stops', async () => {
    const { clock, said, make } = await candidates();
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
