import { describe, expect, it } from 'vitest';
import { Delegated } from '../../src/control/delegated.ts';
import { ofNode } from '../../src/nodes/server/router.ts';

/** What the API was asked, and what it says: who the token is, and what he may read. */
function apiOf(user: string | undefined, may: readonly string[]) {
  const asked: string[] = [];
  const client: any = {
    async create(resource: string, { spec }: any) {
      if (resource.startsWith('tokenreviews')) {
        asked.push('who');
        return { status: user ? { authenticated: true, user: { username: user, groups: ['g'] } } : {} };
      }
      const { subresource, name, resource: of, verb } = spec.resourceAttributes;
      asked.push(`${spec.user} ${spec.groups} ${verb} ${of}/${subresource} ${name}`);
      return { status: { allowed: may.includes(subresource) } };
    },
  };
  const clock = { at: 0, now: () => clock.at };
  return { asked, clock, delegated: new Delegated(client, clock, (path) => ofNode('n1', path)), client };
}

describe('who reads figures of a node under a token', () => {
  it.each([
    ['/metrics/resource', 'metrics', 200],
    ['/metrics', 'metrics', 200],
    ['/stats/summary', 'stats', 200],
    ['/pods', 'proxy', 200],
    ['/pods', 'metrics', 403],
    ['/stats/summary', 'metrics', 403],
    ['/metrics/resource', 'proxy', 403],
  ])('%s for who may read nodes/%s: %i', async (path, right, code) => {
    expect(await apiOf('kim', [right]).delegated.decide('t', path)).toBe(code);
  });

  it('is asked of the API by name, for this node', async () => {
    const { asked, delegated } = apiOf('kim', ['metrics']);
    await delegated.decide('t', '/metrics/resource');
    expect(asked).toEqual(['who', 'kim g get nodes/metrics n1']);
  });

  it('is nobody with a token that the API does not know', async () => {
    const { asked, delegated } = apiOf(undefined, ['metrics']);
    expect(await delegated.decide('t', '/metrics')).toBe(401);
    expect(asked).toEqual(['who']);
  });

  it('holds for half a minute, for that token and that right', async () => {
    const { asked, clock, delegated } = apiOf('kim', ['metrics']);
    for (const path of ['/metrics', '/metrics/resource']) await delegated.decide('t', path);
    expect(asked).toHaveLength(2);
    expect(await delegated.decide('t', '/pods')).toBe(403);
    await delegated.decide('other', '/metrics');
    expect(asked).toHaveLength(6);
    clock.at = 30_001;
    await delegated.decide('t', '/metrics');
    expect(asked).toHaveLength(8);
  });

  it('holds whatever else is tried meanwhile, and is asked for again before what nobody knows', async () => {
    const { asked, client, clock, delegated } = apiOf('kim', ['metrics']);
    expect(await delegated.decide('good', '/metrics')).toBe(200);
    const { create } = client;
    client.create = (resource: string, body: any) =>
      body.spec.token === 'good' || !resource.startsWith('tokenreviews') ? create(resource, body) : {};
    for (let i = 0; i < 300; i++) expect(await delegated.decide(`made-up-${i}`, '/metrics')).toBe(401);
    expect(await delegated.decide('good', '/metrics')).toBe(200);
    expect(asked).toHaveLength(2);
    clock.at = 30_001;
    const flood = Array.from({ length: 100 }, (_, i) => delegated.decide(`another-${i}`, '/metrics'));
    expect(await delegated.decide('good', '/metrics')).toBe(200);
    expect(asked).toHaveLength(4);
    expect((await Promise.all(flood)).filter((code) => code === 503)).toHaveLength(84);
  });

  it('is not let in, and not remembered, while the API cannot be asked', async () => {
    const { client, delegated, asked } = apiOf('kim', ['metrics']);
    const { create } = client;
    client.create = () => Promise.reject(new Error('away'));
    expect(await delegated.decide('t', '/metrics')).toBe(503);
    client.create = create;
    expect(await delegated.decide('t', '/metrics')).toBe(200);
    expect(asked).toHaveLength(2);
  });

  it('waits in no queue: of a hundred at once most are refused', async () => {
    const { client, delegated } = apiOf('kim', ['metrics']);
    client.create = () => new Promise(() => undefined);
    const answers = Array.from({ length: 100 }, (_, i) => delegated.decide(`t${i}`, '/metrics'));
    const quick = await Promise.all(answers.slice(16));
    expect(new Set(quick)).toEqual(new Set([503]));
  });
});
