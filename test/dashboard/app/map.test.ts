import { readFileSync } from 'node:fs';
import { buildSchema, getNamedType, graphqlSync, isObjectType, parse, validate } from 'graphql';
import { describe, expect, it, test } from 'vitest';
import { graphOf, leftOf, type Centre, type Ref } from '../../../dashboard/app/map/graph.ts';
import { isDrawable, layoutOf } from '../../../dashboard/app/map/layout.ts';
import { FOLLOWED, liveMap, pastMap } from '../../../dashboard/app/map/map-document.ts';
import { nearest } from '../../../dashboard/app/map/nearest.ts';
import { FIELDS, relationsIn, type Relation, type TypeFields } from '../../../dashboard/app/map/relations.ts';
import type { Kind } from '../../../dashboard/app/server/kind.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import { namesOf } from '../../../src/resolvers/schema/names.ts';

const schema = buildSchema(readFileSync(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8'));
const registry = createRegistry();
const kinds = registry
  .all()
  .filter((kind) => registry.preferred(kind.storage.key) === kind && kind.verbs.includes('watch') && !kind.convert)
  .map(
    (kind) =>
      ({ ...kind, ...namesOf(kind), resource: kind.storage.key, subresources: [], rights: [] }) as unknown as Kind,
  );

const relationsOf = (type: string, listable: readonly Kind[] = kinds): Relation[] => {
  const { data } = graphqlSync({ schema, source: FIELDS, variableValues: { type } });
  return relationsIn((data as unknown as { type: TypeFields }).type, listable);
};
const known = new Map(kinds.map(({ type }): [string, Relation[]] => [type, relationsOf(type)]));

describe('the document of a map', () => {
  test.each(kinds.map((kind): [string, Kind] => [kind.resource, kind]))('%s', (_, kind) => {
    for (const document of [liveMap(kind, known), pastMap(kind, known)])
      expect(validate(schema, parse(document))).toEqual([]);
  });

  it('follows types that there are', () => {
    for (const type of FOLLOWED) expect(isObjectType(getNamedType(schema.getType(type)))).toBe(true);
  });

  it('asks for what one may list only', () => {
    const pods = kinds.filter(({ kind }) => kind === 'Pod' || kind === 'Service');
    expect(relationsOf('Pod', pods).map(({ field }) => field)).toEqual(['services']);
    expect(relationsOf('HorizontalPodAutoscaler', []).map(({ field }) => field)).toEqual(['target']);
  });
});

const ref = (kind: string, name: string, owner?: string): Ref => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'a', uid: name, ...(owner !== undefined && { ownerReferences: [{ uid: owner }] }) },
});
const centre = (object: Ref, more: Partial<Centre> = {}): Centre => ({
  ...object,
  owners: [],
  owned: null,
  usedBy: null,
  ...more,
});
const many = (...items: Ref[]) => ({ totalCount: items.length, items });
const lines = (of: Centre): string[] => graphOf(of).edges.map(({ from, name, to }) => `${from} ${name} ${to}`);

describe('the graph', () => {
  it('goes from owners to what they own, and no pod of a ReplicaSet is its Deployment’s too', () => {
    const pods = many(ref('Pod', 'p1', 'rs'), ref('Pod', 'p2', 'rs'));
    const of = centre(ref('Deployment', 'd'), {
      owned: many(ref('ReplicaSet', 'rs', 'd'), ...pods.items),
      to_pods: pods,
      to_replicaSets: many(ref('ReplicaSet', 'rs', 'd')),
    });
    expect(lines(of)).toEqual(['d owns rs', 'rs owns p1', 'rs owns p2']);
  });

  it('goes from what is asked to what answers, whichever of them is looked at', () => {
    const ingress = ref('Ingress', 'i');
    const service = { ...ref('Service', 's'), to_ingresses: many(ingress) };
    expect(lines(centre(ref('Pod', 'p'), { to_services: many(service), to_node: ref('Node', 'n') }))).toEqual([
      's services p',
      'i ingresses s',
      'p node n',
    ]);
    expect(lines(centre(ingress, { to_services: many(ref('Service', 's')) }))).toEqual(['i services s']);
  });

  it('has each object once, and leaves out what may not be seen', () => {
    const of = centre(ref('ConfigMap', 'c'), {
      owners: [null],
      usedBy: many(ref('Pod', 'p')),
      to_pods: { items: [ref('Pod', 'p'), null] },
      to_node: null,
    });
    expect(graphOf(of).objects.size).toBe(2);
    expect(lines(of)).toHaveLength(1);
  });

  it('bears circles', () => {
    const of = centre(ref('A', 'a', 'b'), { owned: many(ref('A', 'b', 'a')) });
    expect(lines(of)).toHaveLength(1);
    expect(layoutOf(graphOf(of)).places.size).toBe(2);
  });
});

test('arrow keys lead to what is next in their direction', () => {
  const of = centre(ref('ReplicaSet', 'rs'), { owned: many(ref('Pod', 'p1', 'rs'), ref('Pod', 'p2', 'rs')) });
  const { places, width, height, lines: drawn } = layoutOf(graphOf(of));
  expect([width > 0, height > 0, drawn.length]).toEqual([true, true, 2]);
  const [top = '', bottom = ''] = ['p1', 'p2'].sort((a, b) => (places.get(a)?.y ?? 0) - (places.get(b)?.y ?? 0));
  expect(['p1', 'p2']).toContain(nearest(places, 'rs', 'ArrowRight'));
  expect(nearest(places, top, 'ArrowDown')).toBe(bottom);
  expect(nearest(places, bottom, 'ArrowUp')).toBe(top);
  expect(nearest(places, top, 'ArrowLeft')).toBe('rs');
  expect(nearest(places, 'rs', 'ArrowLeft')).toBeUndefined();
  expect(nearest(places, 'rs', 'Enter')).toBeUndefined();
});

test('a map of very many is no drawing, and says how many more there are than it has', () => {
  const metadata = (uid: string) => ({ name: uid, namespace: null, uid });
  const pods = Array.from({ length: 400 }, (_, i): Ref => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadata(`${i}`),
  }));
  const of = (items: readonly Ref[]): Centre => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata('s'),
    owners: null,
    owned: null,
    usedBy: { totalCount: 3, items: [] },
    to_pods: { totalCount: 5000, items },
  });
  expect(isDrawable(graphOf(of(pods)))).toBe(false);
  expect(isDrawable(graphOf(of(pods.slice(0, 60))))).toBe(true);
  expect(leftOf(of(pods.slice(0, 60)))).toBe(4943);
});
