import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NetworkPolicySpec } from '../../../schema/types.ts';
import { NetworkPolicies, POLICIES } from '../../../src/nodes/policy/network-policies.ts';
import { GivenInformers } from '../../support/given-informers.ts';
import { realClock } from '../support.ts';
import { Lab, whyNoLab, type Actor } from '../network/lab.ts';

const ONLY = (labels: Record<string, string>) => ({ matchLabels: labels });
const NAMED = 'kubernetes.io/metadata.name';
/** Whom each one reaches at port 80; a digit after the name: another port that it reaches there. */
const ALL = {
  web: 'db other out web',
  db: 'db other out web',
  other: 'db other out web',
  out: 'db other web',
  host: 'db other out web',
};

interface Case {
  name: string;
  /** policies of the namespace `shop`, where web and db are; `other` is in another */
  policies: NetworkPolicySpec[];
  /** changes to what all reach without */
  reach: Partial<Record<keyof typeof ALL, string>>;
}

const WEB = { podSelector: ONLY({ app: 'web' }) };
const CASES: Case[] = [
  { name: 'no policy', policies: [], reach: {} },
  {
    name: 'deny all ingress to a pod',
    policies: [{ ...WEB, ingress: [] }],
    reach: { db: 'db other out', other: 'db other out', out: 'db other' },
  },
  {
    name: 'deny all ingress of a namespace',
    policies: [{ podSelector: {}, policyTypes: ['Ingress'] }],
    reach: { web: 'other out web', db: 'db other out', other: 'other out', out: 'other' },
  },
  {
    name: 'allow all ingress in spite of another that denies',
    policies: [
      { ...WEB, ingress: [] },
      { ...WEB, ingress: [{}] },
    ],
    reach: {},
  },
  {
    name: 'from pods of the same namespace by label',
    policies: [{ ...WEB, ingress: [{ from: [{ podSelector: ONLY({ app: 'db' }) }] }] }],
    reach: { other: 'db other out', out: 'db other' },
  },
  {
    name: 'from all pods of the namespace',
    policies: [{ podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }],
    reach: { other: 'other out', out: 'other' },
  },
  {
    name: 'from a namespace',
    policies: [{ ...WEB, ingress: [{ from: [{ namespaceSelector: ONLY({ [NAMED]: 'elsewhere' }) }] }] }],
    reach: { db: 'db other out', out: 'db other' },
  },
  {
    name: 'from pods of other namespaces that have both labels',
    policies: [
      {
        ...WEB,
        ingress: [{ from: [{ namespaceSelector: {}, podSelector: ONLY({ app: 'db' }) }] }],
      },
    ],
    reach: { other: 'db other out', out: 'db other' },
  },
  {
    name: 'from a namespace or from pods',
    policies: [
      {
        ...WEB,
        ingress: [
          { from: [{ namespaceSelector: ONLY({ [NAMED]: 'elsewhere' }) }, { podSelector: ONLY({ app: 'db' }) }] },
        ],
      },
    ],
    reach: { out: 'db other' },
  },
  {
    name: 'from an address block',
    policies: [{ ...WEB, ingress: [{ from: [{ ipBlock: { cidr: '198.18.0.0/15' } }] }] }],
    reach: { db: 'db other out', other: 'db other out' },
  },
  {
    name: 'from an address block with an exception',
    policies: [{ ...WEB, ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['198.18.0.0/15'] } }] }] }],
    reach: { out: 'db other' },
  },
  {
    name: 'to a port alone',
    policies: [{ ...WEB, ingress: [{ ports: [{ port: 81 }] }] }],
    reach: { db: 'db other out', other: 'db other out', out: 'db other' },
  },
  {
    name: 'to a range of ports',
    policies: [{ ...WEB, ingress: [{ ports: [{ port: 70, endPort: 90 }, { port: 80 }] }] }],
    reach: {},
  },
  {
    name: 'to a named port',
    policies: [{ ...WEB, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 'http' }] }] }],
    reach: { other: 'db other out', out: 'db other' },
  },
  {
    name: 'to a port of another protocol',
    policies: [{ ...WEB, ingress: [{ ports: [{ port: 80, protocol: 'UDP' }] }] }],
    reach: { db: 'db other out', other: 'db other out', out: 'db other' },
  },
  {
    name: 'deny all egress of a pod',
    policies: [{ ...WEB, policyTypes: ['Egress'] }],
    reach: { web: 'web' },
  },
  {
    name: 'egress to pods of the namespace',
    policies: [{ ...WEB, policyTypes: ['Egress'], egress: [{ to: [{ podSelector: ONLY({ app: 'db' }) }] }] }],
    reach: { web: 'db web' },
  },
  {
    name: 'egress to a named port of theirs',
    policies: [
      { ...WEB, policyTypes: ['Egress'], egress: [{ to: [{ namespaceSelector: {} }], ports: [{ port: 'http' }] }] },
    ],
    reach: { web: 'db other web' },
  },
  {
    name: 'egress outside alone',
    policies: [
      {
        ...WEB,
        policyTypes: ['Egress'],
        egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.244.0.0/16'] } }] }],
      },
    ],
    reach: { web: 'out web' },
  },
  {
    name: 'egress that one allows and ingress that the other denies',
    policies: [
      { ...WEB, policyTypes: ['Egress'], egress: [{}] },
      { podSelector: ONLY({ app: 'db' }), ingress: [{ from: [{ podSelector: ONLY({ app: 'none' }) }] }] },
    ],
    reach: { web: 'other out web', other: 'other out web', out: 'other web' },
  },
];

/** Who reaches whom, by the kernel; as root where there is nftables. */
describe.skipIf(whyNoLab)('network policies', () => {
  let lab: Lab;
  const actors = new Map<string, Actor>();
  const informers = new GivenInformers();
  let enforcer: NetworkPolicies;

  beforeAll(async () => {
    lab = await Lab.open(215);
    for (const name of ['web', 'db', 'other']) actors.set(name, await lab.pod(name));
    actors.set('out', lab.outside('out').actor);
    actors.set('host', lab.host());
    await Promise.all(['web', 'db', 'other', 'out'].map((name) => actors.get(name)!.listen(80)));
    for (const name of ['shop', 'elsewhere'])
      informers.put('namespaces', { metadata: { name, labels: { [NAMED]: name } } } as never);
    for (const [name, namespace] of [
      ['web', 'shop'],
      ['db', 'shop'],
      ['other', 'elsewhere'],
    ] as const)
      put(name, namespace, name);
    enforcer = new NetworkPolicies({
      nodeName: 'n1',
      link: lab.network.bridge,
      dnsIP: '10.96.0.10',
      informers,
      clock: realClock,
      log: console.error,
    });
    await enforcer.start();
    for (const name of ['web', 'db', 'other']) {
      const pod = informers
        .informer('pods')
        .list()
        .find(({ metadata }) => metadata.name === name)!;
      await enforcer.protect(pod, actors.get(name)!.ip);
    }
  });
  afterAll(async () => {
    await enforcer?.stop(false);
    await lab?.close();
  });

  function put(name: string, namespace: string, app: string): void {
    informers.put('pods', {
      metadata: { name, namespace, labels: { app } },
      spec: { containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 80, protocol: 'TCP' }] }] },
      status: { podIPs: [{ ip: actors.get(name)!.ip }] },
    } as never);
  }
  async function apply(policies: readonly NetworkPolicySpec[]): Promise<void> {
    for (const { metadata } of informers.informer(POLICIES).list()) informers.remove(POLICIES, 'shop', metadata.name);
    for (const [n, spec] of policies.entries())
      informers.put(POLICIES, { metadata: { name: `p${n}`, namespace: 'shop' }, spec } as never);
    await (enforcer as unknown as { loop: { flush(): Promise<void> } }).loop.flush();
  }
  async function reach(): Promise<Record<string, string>> {
    const rows = Object.keys(ALL).map(async (from) => {
      const targets = [...actors.values()].filter(({ name }) => name !== 'host' && !(name === 'out' && from === 'out'));
      const answers = await Promise.all(
        targets.map(async (to) => ((await actors.get(from)!.ask(to.ip, 80)).startsWith(`${to.name} `) ? to.name : '')),
      );
      return [from, answers.filter(Boolean).sort().join(' ')] as const;
    });
    return Object.fromEntries(await Promise.all(rows));
  }

  it.each(CASES)('$name', async ({ policies, reach: changed }) => {
    await apply(policies);
    expect(await reach()).toEqual({ ...ALL, ...changed });
  });

  it('follow pods and namespaces as their labels change', async () => {
    await apply([{ ...WEB, ingress: [{ from: [{ podSelector: ONLY({ app: 'client' }) }] }] }]);
    expect((await reach()).db).toBe('db other out');
    put('db', 'shop', 'client');
    await apply([{ ...WEB, ingress: [{ from: [{ podSelector: ONLY({ app: 'client' }) }] }] }]);
    expect((await reach()).db).toBe('db other out web');
    put('db', 'shop', 'db');
  });

  it('end connections that are no more allowed', async () => {
    await apply([]);
    const echo = await actors.get('db')!.hold(actors.get('web')!.ip, 80);
    expect(await echo()).toBe('still here');
    await apply([{ ...WEB, ingress: [] }]);
    expect(await echo()).toBe('silence');
  });
});
