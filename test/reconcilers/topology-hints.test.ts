import { describe, expect, it } from 'vitest';
import type { Endpoint, EndpointSlice, Node, ObjectMeta, Service } from '../../schema/types.ts';
import type { SlicePlan } from '../../src/reconcilers/slice-plan.ts';
import { asksForHints, distribute, spread, zoneShares } from '../../src/reconcilers/topology-hints.ts';

const named = (name: string, more: Partial<ObjectMeta> = {}): ObjectMeta => ({
  name,
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
  ...more,
});
const ZONE = 'topology.kubernetes.io/zone';
const node = (zone: string | undefined, cpu: string, more: { ready?: string; labels?: object } = {}): Node => ({
  metadata: named('n', { labels: { ...(zone !== undefined && { [ZONE]: zone }), ...more.labels } }),
  status: {
    allocatable: { cpu },
    conditions: [
      {
        type: 'Ready',
        status: more.ready ?? 'True',
        reason: '',
        message: '',
        lastTransitionTime: '',
        lastHeartbeatTime: '',
      },
    ],
  },
});

describe('the shares of zones', () => {
  it.each([
    ['are those of their CPU', [node('a', '3'), node('b', '500m'), node('b', '500m')], { a: 0.75, b: 0.25 }],
    ['are none in one zone', [node('a', '3'), node('a', '1')], undefined],
    ['are none where a node is in no zone', [node('a', '3'), node('b', '1'), node(undefined, '1')], undefined],
    ['are none where a node says no CPU', [node('a', '3'), node('b', '0')], undefined],
    [
      'leave out nodes that are not ready',
      [node('a', '1'), node('b', '1'), node('c', '1', { ready: 'False' })],
      { a: 0.5, b: 0.5 },
    ],
    [
      'leave out the control plane',
      [node('a', '1'), node('b', '1'), node('c', '1', { labels: { 'node-role.kubernetes.io/control-plane': '' } })],
      { a: 0.5, b: 0.5 },
    ],
  ])('%s', (_, nodes, wanted) => {
    const shares = zoneShares(nodes);
    expect(shares && Object.fromEntries(shares)).toEqual(wanted);
  });
});

let serial = 0;
const endpoint = (zone: string, hint?: string, ready = true): Endpoint => ({
  addresses: [`10.0.0.${++serial}`],
  conditions: { ready },
  ...(zone && { zone }),
  ...(hint && { hints: { forZones: [{ name: hint }] } }),
});
const slice = (name: string, endpoints: Endpoint[]): EndpointSlice => ({
  metadata: named(name),
  addressType: 'IPv4',
  endpoints,
  ports: [],
});
const planOf = (...endpoints: Endpoint[]): SlicePlan => ({
  create: [{ addressType: 'IPv4', ports: [], endpoints }],
  update: [],
  remove: [],
});
const hintsOf = (slices: readonly { endpoints?: Endpoint[] | null }[]) =>
  slices.map(({ endpoints }) => (endpoints ?? []).map(({ hints }) => hints?.forZones?.[0]?.name ?? '-').join(''));
const halves = new Map([
  ['a', 0.5],
  ['b', 0.5],
]);
const thirds = new Map(['a', 'b', 'c'].map((zone) => [zone, 1 / 3]));
const quarters = new Map([
  ['a', 0.75],
  ['b', 0.25],
]);

describe('endpoints are spread over the zones', () => {
  it.each([
    ['their own where that is even', halves, 'abab', 'abab'],
    ['as few as can be to another', halves, 'aaab', 'baab'],
    ['by their shares', quarters, 'bbbb', 'aaab'],
    ['not for half an endpoint', halves, 'aaaabbb', 'aaaabbb'],
    ['each has one of three', thirds, 'aaa', 'bca'],
  ])('%s', (_, shares, zones, wanted) => {
    const plan = planOf(...[...zones].map((zone) => endpoint(zone)));
    expect(spread(plan, [], shares)).toBeUndefined();
    expect(hintsOf(plan.create)).toEqual([wanted]);
  });

  it('only ready ones', () => {
    const plan = planOf(endpoint('a'), endpoint('b'), endpoint('a', 'a', false));
    expect(spread(plan, [], halves)).toBeUndefined();
    expect(hintsOf(plan.create)).toEqual(['ab-']);
  });

  const [few, missing] = [planOf(endpoint('a')), planOf(endpoint('a'), endpoint(''))];
  it.each([
    [
      'nodes that say too little',
      planOf(endpoint('a')),
      undefined,
      'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes',
    ],
    ['too few endpoints', few, halves, 'Insufficient number of endpoints (1 endpoints, 2 zones)'],
    ['an endpoint without a zone', missing, halves, 'One or more endpoints do not have a zone specified'],
    [
      'a zone that is too small',
      planOf(...[...'abca'].map((zone) => endpoint(zone))),
      new Map([
        ['a', 0.58],
        ['b', 0.31],
        ['c', 0.11],
      ]),
      'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (4 endpoints, 3 zones)',
    ],
  ])('not with %s', (_, plan, shares, why) => {
    expect(spread(plan, [], shares)).toBe(why);
  });

  it.each([
    ['good ones', [slice('s', [endpoint('a', 'a'), endpoint('b', 'b')])], []],
    ['a missing one', [slice('s', [endpoint('a', 'a'), endpoint('b')])], ['ab']],
    ['a zone that is not there', [slice('s', [endpoint('a', 'a'), endpoint('b', 'z')])], ['ab']],
    [
      'too many for one',
      [
        slice(
          's',
          [...'aaab'].map((zone) => endpoint(zone, 'a')),
        ),
      ],
      ['baab'],
    ],
  ])('in slices that need no other change, with %s', (_, existing, wanted) => {
    const plan: SlicePlan = { create: [], update: [], remove: [] };
    const before = structuredClone(existing);
    expect(spread(plan, existing, halves)).toBeUndefined();
    expect(hintsOf(plan.update)).toEqual(wanted);
    expect(existing).toEqual(before);
  });
});

describe('hints of a traffic distribution', () => {
  it.each([
    [undefined, undefined],
    ['PreferClose', { forZones: [{ name: 'a' }] }],
    ['PreferSameZone', { forZones: [{ name: 'a' }] }],
    ['PreferSameNode', { forZones: [{ name: 'a' }], forNodes: [{ name: 'n' }] }],
    ['Unknown', undefined],
  ])('%s', (trafficDistribution, hints) => {
    const service = { metadata: named('s'), spec: { trafficDistribution } } as Service;
    const [ready, unready] = [{ ...endpoint('a'), nodeName: 'n' }, endpoint('a', undefined, false)];
    distribute(service, [ready, unready]);
    expect([ready.hints, unready.hints]).toEqual([hints, undefined]);
  });
});

it.each([
  [{}, false],
  [{ 'service.kubernetes.io/topology-mode': 'Auto' }, true],
  [{ 'service.kubernetes.io/topology-mode': 'auto' }, true],
  [{ 'service.kubernetes.io/topology-mode': 'Other' }, false],
  [{ 'service.kubernetes.io/topology-mode': 'Auto', 'service.kubernetes.io/topology-aware-hints': 'disabled' }, false],
])('a service with %j asks for hints: %s', (annotations, wanted) => {
  expect(asksForHints({ metadata: named('s', { annotations }) })).toBe(wanted);
});
