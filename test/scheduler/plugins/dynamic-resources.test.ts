import { describe, expect, it } from 'vitest';
import type { ResourceSlice } from '../../../schema/types.ts';
import { dynamicResources, reservationsFor } from '../../../src/scheduler/plugins/dynamic-resources.ts';
import { cacheOf, decisions, viewOf } from '../../support/scheduling-cluster.ts';
import { allocated, claim, claimsOf, device, deviceClass, exactly, selector, slice } from '../../support/devices.ts';
import { filtered, helps, node, pod, scored } from './support.ts';

const nodes = ['n1', 'n2'].map((name) => node(name, { labels: { zone: name } }));
const memory = (name: string, size: string, model = 'a') =>
  device(name, { model: { string: model }, index: { int: Number(name.at(-1)) } }, { memory: size });
const slices = [
  slice('s1', [memory('g0', '10Gi'), memory('g1', '20Gi', 'b'), memory('g2', '40Gi', 'b')], { nodeName: 'n1' }),
  slice('s2', [memory('g0', '80Gi', 'c')], { nodeName: 'n2' }),
];
const gpu = deviceClass('gpu', { selectors: [selector('device.driver == "gpu.example.com"')] });
const user = (uid: string) => ({ resource: 'pods', name: uid, uid });
const wants = (...names: string[]) => pod('p', { resourceClaims: claimsOf(...names) });
const NONE = '!cannot allocate all claims';
const AWAY = '!resourceclaim not available on the node';
const where = (
  devices: NonNullable<Parameters<typeof claim>[1]>,
  more: { slices?: readonly ResourceSlice[]; claims?: readonly ReturnType<typeof claim>[] } = {},
) =>
  filtered(dynamicResources, wants('c'), {
    nodes,
    'deviceclasses.resource.k8s.io': [
      gpu,
      deviceClass('any'),
      deviceClass('bad', { selectors: [selector('device.x')] }),
    ],
    'resourceslices.resource.k8s.io': more.slices ?? slices,
    'resourceclaims.resource.k8s.io': [claim('c', devices), ...(more.claims ?? [])],
  });
const cel = (...expressions: string[]) => ({ requests: [exactly('r', { selectors: expressions.map(selector) })] });

describe('DynamicResources', () => {
  it('takes a claim once that the pod has two names for', () => {
    const claims = claimsOf('c').flatMap((one) => [one, { ...one, name: `${one.name}-again` }]);
    const cluster = {
      nodes,
      'deviceclasses.resource.k8s.io': [gpu],
      'resourceslices.resource.k8s.io': slices,
      'resourceclaims.resource.k8s.io': [claim('c')],
    };
    const twice = pod('p', { resourceClaims: claims });
    expect(filtered(dynamicResources, twice, cluster)).toEqual({ n1: 'ok', n2: 'ok' });
    const cache = cacheOf(cluster);
    expect(reservationsFor(twice, cache.node('n2')!, cache)).toHaveLength(1);
  });

  it('bears a pod of very many claims', () => {
    const names = Array.from({ length: 10_000 }, (_, i) => `c${i}`);
    const cluster = { nodes, 'resourceclaims.resource.k8s.io': names.map((name) => claim(name, {})) };
    const n1 = expect.stringContaining('more than 3000 places');
    expect(filtered(dynamicResources, wants(...names), cluster)).toEqual({ n1, n2: n1 });
    const some = filtered(dynamicResources, wants(...names.slice(0, 100)), cluster);
    expect(some).toEqual({ n1: 'ok', n2: 'ok' });
  });

  it('reads as many long expressions as its time is for, and goes on with the rest when asked again', () => {
    const long = ` || device.driver == "${'x'.repeat(63)}"`.repeat(80);
    const expressions = Array.from({ length: 30 }, (_, i) => `${i} >= 0${long}`);
    const late = '!timed out trying to allocate devices';
    expect(where(cel(...expressions))).toEqual({ n1: late, n2: late });
    const answers = Array.from({ length: 5 }, () => where(cel(...expressions)));
    expect(answers.at(-1)).toEqual({ n1: 'ok', n2: 'ok' });
  });

  it('has nothing to say of a pod without claims', () => {
    expect(filtered(dynamicResources, pod('p'), { nodes })).toBe('nothing');
  });

  it.each<[string, Parameters<typeof where>[0], unknown]>([
    ['a device of any', { requests: [exactly('r')] }, ['ok', 'ok']],
    ['more than one node has', { requests: [exactly('r', { count: 2 })] }, ['ok', NONE]],
    ['more than there are', { requests: [exactly('r', { count: 4 })] }, [NONE, NONE]],
    ['several requests', { requests: [exactly('r'), exactly('s', { count: 2 })] }, ['ok', NONE]],
    ['all', { requests: [exactly('r', { allocationMode: 'All' })] }, ['ok', 'ok']],
    ['all, and one more', { requests: [exactly('r', { allocationMode: 'All' }), exactly('s')] }, [NONE, NONE]],
    ['what has enough', cel('device.capacity["gpu.example.com"].memory.isGreaterThan(quantity("50Gi"))'), [NONE, 'ok']],
    ['what is of a model', cel('device.attributes["gpu.example.com"].model == "b"'), ['ok', NONE]],
    ['several things', cel('device.driver != ""', 'device.attributes["gpu.example.com"].index > 0'), ['ok', NONE]],
    ['a domain that none has', cel('has(device.attributes["other"].model)'), [NONE, NONE]],
    ['a domain that none has, by name', cel('"other" in device.attributes'), [NONE, NONE]],
    ['a bound name', cel('cel.bind(d, device.attributes["gpu.example.com"], d.model == "c")'), [NONE, 'ok']],
    [
      'the first alternative that there is',
      {
        requests: [
          {
            name: 'r',
            firstAvailable: [
              { name: 'four', deviceClassName: 'gpu', count: 4 },
              { name: 'three', deviceClassName: 'gpu', count: 3 },
            ],
          },
        ],
      },
      ['ok', NONE],
    ],
    [
      'two of one model',
      { requests: [exactly('r', { count: 2 })], constraints: [{ matchAttribute: 'gpu.example.com/model' }] },
      ['ok', NONE],
    ],
    [
      'three of one model',
      { requests: [exactly('r', { count: 3 })], constraints: [{ matchAttribute: 'gpu.example.com/model' }] },
      [NONE, NONE],
    ],
    [
      'one model among some of the requests',
      {
        requests: [exactly('r', { count: 2 }), exactly('s')],
        constraints: [{ matchAttribute: 'gpu.example.com/model', requests: ['r'] }],
      },
      ['ok', NONE],
    ],
    [
      'a class that is not there',
      { requests: [exactly('r', { deviceClassName: 'x' })] },
      'reject: !request r: device class x does not exist',
    ],
  ])('finds the nodes for %s', (_, devices, expected) => {
    const found = where(devices);
    expect(typeof found === 'string' ? found : Object.values(found)).toEqual(expected);
  });

  it.each([
    [
      'a selector that fails',
      cel('device.attributes["gpu.example.com"].x == 1'),
      'claim a/c: selector #0: CEL runtime error: no such key: x',
    ],
    [
      'a class whose selector is none',
      { requests: [exactly('r', { deviceClassName: 'bad' })] },
      /^class bad: selector #0: CEL compile error: compilation failed: ERROR: .*undefined field 'x'/s,
    ],
    [
      'too many devices',
      { requests: [exactly('r', { count: 33 })] },
      'claim a/c: number of requested devices 33 exceeds the claim limit of 32',
    ],
  ])('ends the attempt for %s', (_, devices, expected) => {
    const [found] = Object.values(where(devices));
    expect(found).toMatch(
      typeof expected === 'string' ? `!${expected}` : new RegExp(expected.source.replace('^', '^!'), 's'),
    );
  });

  const local = { nodeName: 'n1' };
  it.each<[string, ResourceSlice[], unknown]>([
    ['a pool that is not whole', [slice('s1', [device('g0')], { ...local, pool: { resourceSliceCount: 2 } })], NONE],
    [
      'a pool of which a part is elsewhere',
      [
        slice('s1', [device('g0')], { ...local, pool: { name: 'x', resourceSliceCount: 2 } }),
        slice('s2', [device('g1')], { nodeName: 'n2', pool: { name: 'x', resourceSliceCount: 2 } }),
      ],
      'ok',
    ],
    [
      'a pool that has a newer generation elsewhere',
      [
        slice('s1', [device('g0')], { ...local, pool: { name: 'x', resourceSliceCount: 2 } }),
        slice('s2', [device('g1')], { nodeName: 'n2', pool: { name: 'x', generation: 2 } }),
      ],
      NONE,
    ],
    [
      'a pool with two devices of one name',
      [slice('s1', [device('g0'), device('g0')], local)],
      '!invalid resource pools were encountered',
    ],
    [
      'a newer generation without devices',
      [slice('s1', [device('g0')], local), slice('s2', [], { ...local, pool: { generation: 2 } })],
      NONE,
    ],
    ['devices of all nodes', [slice('s1', [device('g0')])], 'ok'],
    [
      'devices of some nodes',
      [
        slice('s1', [device('g0')], {
          nodeSelector: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['n2'] }] }],
          },
        }),
      ],
      NONE,
    ],
  ])('knows of %s', (_, list, expected) => {
    expect(where({ requests: [exactly('r')] }, { slices: list })).toMatchObject({ n1: expected });
  });

  it('leaves devices alone that are taken, unless it only looks on', () => {
    const claims = [claim('other', undefined, { allocation: allocated('n2', 'g0') })];
    expect(where({ requests: [exactly('r')] }, { claims })).toEqual({ n1: 'ok', n2: NONE });
    expect(where({ requests: [exactly('r', { adminAccess: true })] }, { claims })).toEqual({ n1: 'ok', n2: 'ok' });
    const looksOn = allocated('n2', 'g0');
    for (const result of looksOn.devices?.results ?? []) result.adminAccess = true;
    expect(where({ requests: [exactly('r')] }, { claims: [claim('o', undefined, { allocation: looksOn })] })).toEqual({
      n1: 'ok',
      n2: 'ok',
    });
  });

  it('gives up a search that takes too long', () => {
    const many = Array.from({ length: 30 }, (_, i) => device(`g${i}`, { half: { bool: i % 2 === 0 } }));
    const requests = Array.from({ length: 16 }, (_, i) => exactly(`r${i}`));
    const devices = { requests, constraints: [{ matchAttribute: 'gpu.example.com/half' }] };
    expect(where(devices, { slices: [slice('s', many)] })).toMatchObject({
      n1: '!timed out trying to allocate devices',
    });
  });

  it.each<[string, string, string | undefined]>([
    ['c', 'that is there', undefined],
    ['x', 'that is not', 'could not find ResourceClaim "a/x"'],
    ['gone', 'that goes', 'resourceclaim "gone" is being deleted'],
    ['t*', 'that is to be made', 'pod "a/p": ResourceClaim not created yet'],
  ])('lets a pod wait for a claim: %s, one %s', (name, _, why) => {
    const view = viewOf({
      'resourceclaims.resource.k8s.io': [
        claim('c'),
        claim('gone', undefined, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      ],
    });
    expect(dynamicResources.preEnqueue?.(wants(name), view)).toBe(why);
  });

  it.each([
    ['none is needed', undefined, undefined],
    ['it is the pod’s', 'own', undefined],
    ['it is not', 'c', 'ResourceClaim a/c was not created for pod a/p (pod is not owner)'],
  ])('takes what was made from a template where %s', (_, made, why) => {
    const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'p', controller: true };
    const view = viewOf({
      'resourceclaims.resource.k8s.io': [claim('c'), claim('own', undefined, { ownerReferences: [owner] })],
    });
    const status = { resourceClaimStatuses: [{ name: 'c0', ...(made && { resourceClaimName: made }) }] };
    expect(dynamicResources.preEnqueue?.({ ...wants('t*'), status }, view)).toBe(why);
  });

  it('is told of what could help', () => {
    const waiting = wants('c');
    const told = (object: ReturnType<typeof claim>, old?: ReturnType<typeof claim>) =>
      helps(dynamicResources, waiting, 'resourceclaims.resource.k8s.io', object, old);
    const has = { allocation: allocated('n1', 'g0') };
    expect(told(claim('c'))).toBe(true);
    expect(told(claim('other'))).toBe(false);
    expect(told(claim('other'), claim('other', undefined, has))).toBe(true);
    expect(told(claim('other', undefined, has), claim('other'))).toBe(false);
    expect(told(claim('c', undefined, { ...has, reservedFor: [user('q')] }), claim('c', undefined, has))).toBe(true);
    expect(told(claim('c'), claim('c'))).toBe(false);
    for (const resource of ['resourceslices.resource.k8s.io', 'deviceclasses.resource.k8s.io', 'nodes'])
      expect(helps(dynamicResources, waiting, resource, node('x'))).toBe(true);
  });

  it('sends a pod to where its claim is, and lets go of one that it cannot reach', () => {
    const objects = {
      nodes: nodes.slice(0, 1),
      'deviceclasses.resource.k8s.io': [gpu],
      'resourceslices.resource.k8s.io': slices,
    };
    const decide = (...claims: ReturnType<typeof claim>[]) =>
      decisions(cacheOf({ ...objects, 'resourceclaims.resource.k8s.io': claims }), wants('c'))[0];
    expect(decide(claim('c', undefined, { allocation: allocated('n1', 'g0') }))).toEqual({ node: 'n1' });
    const away = { allocation: allocated('n2', 'g0') };
    const why = '0/1 nodes are available: 1 resourceclaim not available on the node.';
    const idle = claim('c', undefined, away);
    expect(decide(idle)).toMatchObject({
      message: `${why} deallocation of ResourceClaim completed, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.`,
      deallocate: idle,
    });
    const used = decide(claim('c', undefined, { ...away, reservedFor: [user('q')] }));
    expect(used).toMatchObject({ message: expect.stringContaining(`${why} still not schedulable, preemption: `) });
    expect(used).not.toHaveProperty('deallocate');
    expect(AWAY).toContain('not available');
  });

  it('prefers nodes with the earlier alternatives', () => {
    const devices = {
      requests: [
        {
          name: 'r',
          firstAvailable: [
            {
              name: 'large',
              deviceClassName: 'gpu',
              selectors: [selector('device.attributes["gpu.example.com"].model == "c"')],
            },
            { name: 'any', deviceClassName: 'gpu' },
          ],
        },
      ],
    };
    const objects = {
      nodes,
      'deviceclasses.resource.k8s.io': [gpu],
      'resourceslices.resource.k8s.io': slices,
      'resourceclaims.resource.k8s.io': [claim('c', devices)],
    };
    expect(scored(dynamicResources, wants('c'), objects)).toEqual({ n1: [7, 87], n2: [8, 100] });
  });

  it('says what is to be written: allocations with their configuration, and reservations', () => {
    const config = [{ opaque: { driver: 'gpu.example.com', parameters: { a: 1 } } }];
    const own = { opaque: { driver: 'gpu.example.com', parameters: { b: 2 } } };
    const cache = cacheOf({
      nodes,
      'deviceclasses.resource.k8s.io': [{ ...gpu, spec: { ...gpu.spec, config } }],
      'resourceslices.resource.k8s.io': slices,
      'resourceclaims.resource.k8s.io': [
        claim('c', {
          requests: [
            exactly('r'),
            exactly('s', { selectors: [selector('device.attributes["gpu.example.com"].index == 2')] }),
          ],
          config: [own, { ...own, requests: ['s'] }, { ...own, requests: ['s', 'r'] }],
        }),
        claim('there', undefined, { allocation: allocated('n1', 'g1') }),
        claim('mine', undefined, { allocation: allocated('n1', 'g1'), reservedFor: [user('p')] }),
      ],
    });
    const [n1] = cache.nodes;
    const found = n1 ? reservationsFor(wants('there', 'c', 'mine'), n1, cache) : [];
    const result = (request: string, name: string) => ({
      request,
      driver: 'gpu.example.com',
      pool: 'n1',
      device: name,
    });
    const fromClaim = { source: 'FromClaim', ...own };
    expect(found.map(({ claim: { metadata }, allocation }) => [metadata.name, allocation])).toEqual([
      ['there', undefined],
      [
        'c',
        {
          devices: {
            results: [result('r', 'g0'), result('s', 'g2')],
            config: [
              { source: 'FromClass', requests: ['r', 's'], ...config[0] },
              fromClaim,
              { ...fromClaim, requests: ['s'] },
              { ...fromClaim, requests: ['s', 'r'] },
              { ...fromClaim, requests: ['s', 'r'] },
            ],
          },
          nodeSelector: allocated('n1').nodeSelector,
        },
      ],
    ]);
  });
});
