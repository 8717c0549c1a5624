import { afterEach, describe, expect, it, test } from 'vitest';
import { Forwarder, parseUpstream } from '../../../src/addons/dns/forwarder.ts';
import { routesOf, serversFor } from '../../../src/addons/dns/routes.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { GivenInformers } from '../../support/given-informers.ts';
import { answersOver, ask, nameServer } from './support.ts';

const closes: (() => void)[] = [];
afterEach(() => closes.splice(0).forEach((close) => close()));

const A = (name: string, data: string, ttl = 300) => ({ type: 'A' as const, name, ttl, data });
const SOA = {
  type: 'SOA' as const,
  name: 'example',
  ttl: 600,
  data: { mname: 'a', rname: 'b', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 10 },
};

async function over(answer: Parameters<typeof nameServer>[0]) {
  const server = await nameServer(answer);
  closes.push(() => server.close());
  const clock = new FakeClock();
  const answers = answersOver(new GivenInformers(), {
    forwarder: new Forwarder(clock),
    routes: () => ({ stubs: new Map(), others: [server.upstream] }),
    clock,
  });
  return { answers, clock, asked: server.asked };
}

describe('other names', () => {
  it('are asked of another server once, for as long as its answer says and half a minute at most', async () => {
    const { answers, clock, asked } = await over(({ questions }) => ({
      answers: [A(questions[0]!.name, '192.0.2.1')],
    }));
    const ttl = async (name: string): Promise<number | undefined> =>
      ((await ask(answers, name)).answers[0] as { ttl?: number }).ttl;
    expect(await ttl('a.example')).toBe(300);
    await clock.advance(10_000);
    expect(await ttl('a.example')).toBe(20);
    expect(asked).toHaveLength(1);
    await clock.advance(20_000);
    expect(await ttl('a.example')).toBe(300);
    expect(asked).toHaveLength(2);
  });

  it('are answered in the letters that they were asked in', async () => {
    const { answers, asked } = await over(({ questions }) => ({ answers: [A(questions[0]!.name, '192.0.2.1')] }));
    for (const name of ['a.example', 'A.eXample'])
      expect((await ask(answers, name)).questions).toMatchObject([{ name }]);
    expect(asked).toHaveLength(1);
  });

  it('that there are not are remembered where a SOA says for how long', async () => {
    const { answers, clock, asked } = await over(({ questions }) => ({
      flags: 3,
      authorities: questions[0]!.name === 'a.example' ? [SOA] : [],
    }));
    for (const name of ['a.example', 'a.example', 'b.example', 'b.example'])
      expect((await ask(answers, name)).rcode).toBe('NXDOMAIN');
    expect(asked).toHaveLength(3);
    await clock.advance(10_000);
    await ask(answers, 'a.example');
    expect(asked).toHaveLength(4);
  });

  it('with long answers are asked for over TCP', async () => {
    const { answers, asked } = await over(({ questions }, overTcp) =>
      overTcp
        ? { answers: Array.from({ length: 100 }, (_, n) => A(questions[0]!.name, `192.0.2.${n}`)) }
        : { flags: 0x0200 },
    );
    expect((await ask(answers, 'a.example', 'A', {}, true)).answers).toHaveLength(100);
    expect(asked).toEqual(['a.example A udp', 'a.example A tcp']);
    const cut = await ask(answers, 'a.example');
    expect(cut.flags! & 0x0200).toBe(0x0200);
  });

  it('are not believed of an answer to something else', async () => {
    const { answers } = await over(() => ({
      questions: [{ type: 'A', name: 'evil.example' }],
      answers: [A('a.example', '6.6.6.6')],
    }));
    const asking = ask(answers, 'a.example');
    expect(await Promise.race([asking, new Promise((resolve) => setTimeout(() => resolve('nothing'), 50))])).toBe(
      'nothing',
    );
  });
});

test.each([
  ['10.0.0.1', { address: '10.0.0.1', port: 53 }],
  ['10.0.0.1:5353', { address: '10.0.0.1', port: 5353 }],
  ['fd00::1', { address: 'fd00::1', port: 53 }],
  ['[fd00::1]:54', { address: 'fd00::1', port: 54 }],
  ['dns.example', undefined],
  ['10.0.0.1:0', undefined],
])('%s is a server: %j', (text, expected) => {
  expect(parseUpstream(text)).toEqual(expected);
});

describe('the ConfigMap', () => {
  const hosts = [{ address: '9.9.9.9', port: 53 }];
  it('says servers by the longest domain', () => {
    const data = {
      stubDomains: '{"acme.local":["1.1.1.1"],"Deep.Acme.local.":["2.2.2.2:5353"]}',
      upstreamNameservers: '["8.8.8.8"]',
    };
    const routes = routesOf({ data }, hosts);
    const asked = (name: string) => serversFor(name, routes).map(({ address }) => address);
    expect(
      ['acme.local', 'a.acme.local', 'deep.acme.local', 'x.deep.acme.local', 'acme.example', 'local'].map(asked),
    ).toEqual([['1.1.1.1'], ['1.1.1.1'], ['2.2.2.2'], ['2.2.2.2'], ['8.8.8.8'], ['8.8.8.8']]);
    expect(routesOf({}, hosts).others).toEqual(hosts);
  });

  it.each([
    [{ stubDomains: '{' }, 'stubDomains is no JSON'],
    [{ stubDomains: '[]' }, 'stubDomains is no object'],
    [{ stubDomains: '{"a":"1.1.1.1"}' }, 'stubDomains of a is no list'],
    [{ upstreamNameservers: '["dns.example"]' }, 'upstreamNameservers has a server that is no address: "dns.example"'],
  ])('%j: %s', (data, message) => {
    expect(() => routesOf({ data }, hosts)).toThrow(message);
  });
});
