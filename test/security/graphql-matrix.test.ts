import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { User } from '../../src/api/contract.ts';
import type { Kind } from '../../src/kinds/kind.ts';
import { groupResourceName } from '../../src/meta/gvk.ts';
import type { KubeObject } from '../../src/meta/object.ts';
import { namesOf } from '../../src/resolvers/schema/names.ts';
import {
  admin,
  differs,
  errorOf,
  forAll,
  NAMESPACES,
  namesIn,
  others,
  refusalOf,
  within,
} from './support/matrix/compare.ts';
import { edgesOf, unknownFields, type Edge } from './support/matrix/fields.ts';
import { USERS } from './support/matrix/users.ts';
import { idOf, SECRET_MARKS, World, type Reply } from './support/matrix/world.ts';

/**
 * Users × operations: what GraphQL answers is compared with what REST answers the same user about the same objects.
 */
let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(async () => {
  console.log(`${USERS.length} users: ${world.operations} operations, ${world.requests} requests of REST`);
  await world.close();
});

const placesOf = ({ namespaced }: Kind): string[] => (namespaced ? ['', ...NAMESPACES] : ['']);

it('every field of the roots is in the matrix', () => {
  expect(unknownFields(world.fake.graphql.schema, world.kinds)).toEqual([]);
});

/** What a search tells at most. */
const MAX_HITS = 200;

describe('reads', () => {
  it('objects by name, and what is not there', () =>
    forAll(USERS, async (user) => {
      const asked = world.objects.map(({ kind, object }) => ({
        kind,
        namespace: object.metadata.namespace ?? '',
        name: object.metadata.name,
      }));
      const missing = world
        .served('get')
        .flatMap((kind) =>
          (kind.namespaced ? ['a', 'b'] : ['']).map((namespace) => ({ kind, namespace, name: 'missing' })),
        );
      for (const { kind, namespace, name } of [...asked, ...missing]) {
        const rest = await world.get(user, { kind, namespace, name });
        const { one } = namesOf(kind);
        const found = await world.run(user, `{ o: ${one}${within(kind, namespace, `name: "${name}"`)} { raw } }`);
        const what = `${one} ${namespace}/${name}`;
        differs(user, what, errorOf(found), refusalOf(rest));
        if (rest.code === 200) differs(user, what, found.data['o']?.raw?.metadata.uid, rest.body.metadata.uid);
        const args = `resource: "${groupResourceName(kind)}", version: "${kind.version}", namespace: "${namespace}", name: "${name}"`;
        const past = await world.run(user, `{ object(${args}) history(${args}) { items { name before after } } }`);
        differs(user, `history of ${what}`, past.code === 403, rest.code === 403);
        if (rest.code === 403) differs(user, `history of ${what}`, past.data['history'] ?? null, null);
      }
    }));

  it('lists: what, how many, in which order, by which filter, and reckoned', () =>
    forAll(USERS, async (user) => {
      for (const kind of world.served('list')) {
        const { many } = namesOf(kind);
        for (const namespace of placesOf(kind)) {
          const rest = await world.get(user, { kind, namespace });
          const items = 'items { metadata { namespace name } }';
          const filter = 'where: { metadata: { name: { gte: "n" } } }';
          const rows: [string, string, (data: any) => unknown, unknown][] = [
            [
              many,
              within(kind, namespace) + `{ totalCount ${items} pageInfo { hasNextPage } }`,
              (o) => [namesIn(o.items), o.totalCount, o.pageInfo.hasNextPage],
              [namesIn(rest.body.items), rest.body.items?.length, false],
            ],
            [
              many,
              within(kind, namespace, filter, 'orderBy: { metadata: { uid: DESC } }') + `{ totalCount ${items} }`,
              (o) => [namesIn(o.items), o.totalCount],
              after(rest, 'n'),
            ],
          ];
          if (kind.storage.persisted)
            rows.push([
              `${many}Aggregate`,
              within(kind, namespace, 'groupBy: { metadata: { namespace: VALUE } }') +
                '{ total { count } groups { count } }',
              (o) => [o.total.count, o.groups.reduce((sum: number, { count }: { count: number }) => sum + count, 0)],
              [rest.body.items?.length, rest.body.items?.length],
            ]);
          const generic = `(resource: "${groupResourceName(kind)}", version: "${kind.version}", namespace: "${namespace}")`;
          rows.push([
            'objects',
            `${generic} { items remainingItemCount continue }`,
            (o) => [namesIn(o.items), o.remainingItemCount, o.continue],
            [namesIn(rest.body.items), null, null],
          ]);
          for (const [field, selected, read, wanted] of rows) {
            const found = await world.run(user, `{ o: ${field}${selected} }`);
            differs(user, `${field} in ${namespace}`, errorOf(found), refusalOf(rest));
            if (rest.code === 200 && found.code === 200)
              differs(user, `${field} in ${namespace}`, read(found.data['o']), wanted);
            else differs(user, `${field} in ${namespace}`, found.data['o'] ?? null, null);
          }
        }
      }
    }));
});

/** Names from one on, as a filter of them finds. */
function after({ body: { items = [] } }: Reply, from: string): unknown {
  const all = namesIn(items.filter(({ metadata }) => (metadata.name ?? '') >= from));
  return [all, all.length];
}

const idOfObject = ({ apiVersion, kind = '', metadata }: KubeObject): [Kind, string, string] => [
  world.kindNamed(apiVersion ?? '', kind),
  metadata.namespace ?? '',
  metadata.name,
];

describe('relations', () => {
  const rawIn = ({ form, name }: Edge, data: any): KubeObject[] => {
    const value = data?.o?.[name];
    if (form === 'page') return (value?.items ?? []).map(({ raw }: any) => raw);
    return [value ?? []].flat().flatMap((one: any) => one?.raw ?? []);
  };

  it('lead to what may be read, both ways', async () => {
    let edges = 0;
    const { schema } = world.fake.graphql;
    const asked: { what: string; query: string; edge: Edge; kind: Kind; object: KubeObject; all: KubeObject[] }[] = [];
    for (const { kind, object } of world.objects) {
      const { namespace = '', name } = object.metadata;
      const { one } = namesOf(kind);
      for (const edge of edgesOf(schema, kind, world.kinds)) {
        const query = `{ o: ${one}${within(kind, namespace, `name: "${name}"`)} { ${edge.selection} } }`;
        const found = await world.run(admin, query);
        expect([query, found.message]).toEqual([query, '']);
        asked.push({
          what: `${one} ${namespace}/${name} ${edge.name}`,
          query,
          edge,
          kind,
          object,
          all: rawIn(edge, found.data),
        });
      }
    }
    expect(asked.filter(({ all }) => all.length).length).toBeGreaterThan(100);
    await forAll(others, async (user) => {
      for (const { what, query, edge, kind, object, all } of asked) {
        edges++;
        const { namespace = '', name } = object.metadata;
        const found = await world.run(user, query);
        if (!(await world.mayGet(user, kind, namespace, name))) {
          differs(user, what, [found.code, found.data['o']], [403, null]);
          continue;
        }
        if (found.code !== 200 && found.code !== 403) differs(user, what, errorOf(found), [200, '']);
        if (edge.form === 'history' || edge.form === 'revisions') continue;
        const seen = new Set(rawIn(edge, found.data).map((one) => idOf(...idOfObject(one))));
        const total = found.data['o']?.[edge.name]?.totalCount;
        if (total !== undefined) differs(user, `${what}: how many`, total, seen.size);
        const text = JSON.stringify(object);
        for (const one of all) {
          const [to, place, called] = idOfObject(one);
          const gets = await world.mayGet(user, to, place, called);
          const lists = await world.mayList(user, to, place);
          const id = idOf(to, place, called);
          if (seen.has(id) && !gets && !lists) differs(user, what, id, 'nothing');
          if (!seen.has(id) && gets && (await world.mayListAll(user, to))) differs(user, what, 'nothing', id);
          if (!seen.has(id) && !text.includes(called) && found.message.includes(`"${called}"`))
            differs(user, what, found.message, 'no name');
          seen.delete(id);
        }
        if (seen.size) differs(user, what, [...seen], 'what the administrator sees');
      }
    });
    console.log(`${edges} relations followed`);
  });
});

describe('what tells of many kinds', () => {
  interface Told {
    resource: string;
    namespace: string | null;
    name: string;
  }
  const kindOf = (resource: string): Kind => world.fake.api.registry.preferred(resource)!;
  const listed = async (user: User, all: readonly Told[]): Promise<Told[]> => {
    const may: Told[] = [];
    for (const one of all) if (await world.mayList(user, kindOf(one.resource), one.namespace ?? '')) may.push(one);
    return may;
  };
  const TOLD: [what: string, query: string, read: (data: any) => Told[]][] = [
    [
      'search',
      '{ search(text: "e", first: 200, namespaces: ["a", "b", "default"]) { resource namespace name } }',
      ({ search }) => search,
    ],
    [
      'search of what has no namespace',
      '{ search(text: "e", first: 200, kinds: ["namespaces", "nodes", "clusterrolebindings.rbac.authorization.k8s.io"]) { resource namespace name } }',
      ({ search }) => search,
    ],
    [
      'search of Secrets',
      '{ search(text: "hidden", kinds: ["secrets", "configmaps"]) { resource namespace name } }',
      ({ search }) => search,
    ],
    [
      'search by namespace',
      '{ search(text: "web", namespaces: ["a", "missing"]) { resource namespace name } }',
      ({ search }) => search,
    ],
    ['changes', '{ changes(first: 500) { items { resource namespace name } } }', ({ changes }) => changes.items],
    [
      'changes by kind',
      '{ changes(kinds: ["secrets", "pods"], namespaces: ["a", "b"]) { items { resource namespace name } } }',
      ({ changes }) => changes.items,
    ],
    [
      'changes by filter',
      '{ changes(kinds: ["configmaps"], where: { data: { key: "key", eq: "w" } }) { items { resource namespace name } } }',
      ({ changes }) => changes.items,
    ],
  ];

  it.each(TOLD)('%s: what may be listed, and no trace of the rest', async (what, query, read) => {
    const all = await world.run(admin, query);
    expect(read(all.data).length).toBeGreaterThan(0);
    // the first of more would be others for others
    expect(read(all.data)).not.toHaveLength(MAX_HITS);
    await forAll(others, async (user) => {
      const found = await world.run(user, query);
      differs(user, what, errorOf(found), [200, '']);
      differs(user, what, read(found.data), await listed(user, read(all.data)));
    });
  });

  it('no value of a Secret is in history, changes, search or the difference of a write, for anybody', () =>
    forAll(USERS, async (user) => {
      const manifest = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'password', namespace: 'a' },
        stringData: { key: 'x' },
      };
      const diff = 'objects { diff { path from to } error }';
      const rows = [
        '{ changes(kinds: ["secrets"]) { items { before after diff { path from to } } } }',
        '{ history(resource: "secrets", namespace: "a", name: "password") { items { before after diff { path from to } } } }',
        ...SECRET_MARKS.map((mark) => `{ search(text: "${mark}") { name text } }`),
        `mutation { updateSecrets(namespace: "a", where: { metadata: { name: { eq: "password" } } }, patch: { stringData: { key: "x" } }, dryRun: true) { ${diff} } }`,
        `mutation { deleteSecrets(namespace: "a", where: { metadata: { name: { eq: "password" } } }, dryRun: true) { ${diff} } }`,
        'mutation { undo(fromRevision: "1", toRevision: "100000", kinds: ["secrets"], dryRun: true) { refusals { reason paths } steps { object error } } }',
      ];
      for (const query of rows) {
        const { text } = await world.run(user, query);
        for (const mark of SECRET_MARKS)
          if (text.replaceAll(query, '').includes(mark)) differs(user, query, text, 'no value');
      }
      const { text } = await world.run(
        user,
        `mutation ($m: JSON!) { applyBundle(manifests: $m, dryRun: true, force: true) { ${diff} } }`,
        { m: manifest },
      );
      for (const mark of SECRET_MARKS) if (text.includes(mark)) differs(user, 'applyBundle', text, 'no value');
    }));

  it('a preview of a deletion shows what may be listed', async () => {
    await forAll(USERS, async (user) => {
      for (const { kind, object } of world.objects) {
        const { namespace = '', name } = object.metadata;
        const args = `resource: "${groupResourceName(kind)}", namespace: "${namespace}", name: "${name}"`;
        const query = `{ deletePreview(${args}) { objects { apiVersion kind namespace name } } }`;
        const [found, rest] = [await world.run(user, query), await world.get(user, { kind, namespace, name })];
        const what = `preview of ${kind.kind} ${namespace}/${name}`;
        differs(user, what, errorOf(found), refusalOf(rest));
        const reached = (found.data['deletePreview']?.objects ?? []) as {
          apiVersion: string;
          kind: string;
          namespace: string | null;
          name: string;
        }[];
        for (const one of reached.slice(1)) {
          const of = world.kindNamed(one.apiVersion, one.kind);
          if (!(await world.mayList(user, of, one.namespace ?? ''))) differs(user, what, one, 'nothing');
        }
      }
    });
  });
});
