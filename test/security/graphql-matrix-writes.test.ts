import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Kind } from '../../src/kinds/kind.ts';
import { apiVersionOf, groupResourceName } from '../../src/meta/gvk.ts';
import type { KubeObject } from '../../src/meta/object.ts';
import { namesOf } from '../../src/resolvers/schema/names.ts';
import { admin, differs, errorOf, forAll, plain, refusalOf, within } from './support/matrix/compare.ts';
import { USERS } from './support/matrix/users.ts';
import { pathOf, World } from './support/matrix/world.ts';

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

/** One write: as REST has it, and the fields that do the same. */
interface Row {
  verb: string;
  method: string;
  path: string;
  body?: unknown;
  type?: string;
  fields: string[];
}

describe('writes', () => {
  const samples = (): { kind: Kind; object: KubeObject }[] => {
    const seen = new Set<string>();
    return world.objects.filter(({ kind, object }) => {
      const key = `${kind.storage.key}/${object.metadata.namespace}`;
      return !seen.has(key) && seen.add(key);
    });
  };
  const DRY = '?dryRun=All&fieldManager=matrix';
  const dry = 'dryRun: true, fieldManager: "matrix"';
  const label = { metadata: { labels: { by: 'matrix' } } };

  it('of one object', () =>
    forAll(USERS, async (user) => {
      const known = new Set(samples().map(({ kind }) => kind));
      const without = world.served('create').filter((kind) => !known.has(kind));
      const wanted = [
        ...samples(),
        ...without.flatMap((kind) =>
          (kind.namespaced ? ['a'] : ['']).map((namespace) => ({
            kind,
            object: {
              apiVersion: apiVersionOf(kind),
              kind: kind.kind,
              metadata: { name: 'missing', ...(namespace && { namespace }) },
            } as KubeObject,
          })),
        ),
      ];
      for (const { kind, object } of wanted) {
        const { namespace = '', name } = object.metadata;
        const { kind: word } = namesOf(kind);
        const whole = { ...object, apiVersion: apiVersionOf(kind), kind: kind.kind };
        const { resourceVersion: _, uid: _uid, managedFields: _managed, ...metadata } = object.metadata;
        const fresh = { ...whole, metadata: { ...metadata, name: 'fresh' } };
        const applied = {
          apiVersion: whole.apiVersion,
          kind: kind.kind,
          metadata: { name, ...(namespace && { namespace }), ...label.metadata },
        };
        const one = pathOf({ kind, namespace, name });
        const place = `resource: "${groupResourceName(kind)}", version: "${kind.version}", namespace: "${namespace}"`;
        const named = `name: "${name}"`;
        const rows: Row[] = [
          {
            verb: 'create',
            method: 'POST',
            path: pathOf({ kind, namespace }),
            body: fresh,
            fields: [
              `create${word}${within(kind, namespace, 'object: $v', dry)} { kind }`,
              `createObject(${place}, object: $v, ${dry})`,
            ],
          },
          {
            verb: 'update',
            method: 'PUT',
            path: one,
            body: whole,
            fields: [
              `update${word}${within(kind, namespace, named, 'object: $v', dry)} { kind }`,
              `updateObject(${place}, ${named}, object: $v, ${dry})`,
            ],
          },
          {
            verb: 'patch',
            method: 'PATCH',
            path: one,
            body: label,
            type: 'application/merge-patch+json',
            fields: [
              `patch${word}${within(kind, namespace, named, 'patch: $v', dry)} { kind }`,
              `patchObject(${place}, ${named}, patch: $v, ${dry})`,
            ],
          },
          {
            verb: 'patch',
            method: 'PATCH',
            path: one,
            body: applied,
            type: 'application/apply-patch+yaml',
            fields: [
              `apply${word}${within(kind, namespace, named, 'object: $v', dry)} { kind }`,
              `tryApply${word}${within(kind, namespace, named, 'object: $v', dry)} { conflicts { field } }`,
            ],
          },
          {
            verb: 'delete',
            method: 'DELETE',
            path: one,
            fields: [
              `delete${word}${within(kind, namespace, named, 'dryRun: true')}`,
              `deleteObject(${place}, ${named}, dryRun: true)`,
            ],
          },
        ];
        for (const { verb, method, path, body, type = 'application/json', fields } of rows) {
          if (!kind.verbs.includes(verb)) continue;
          const rest = await world.ask(user, path + DRY, method, body, type);
          for (const field of fields) {
            const query = `mutation${body ? ' ($v: JSON!)' : ''} { o: ${field} }`;
            const found = await world.run(user, query, body ? { v: body } : {});
            differs(user, `${field.split('(')[0]} ${namespace}/${name}`, errorOf(found), refusalOf(rest));
          }
        }
      }
    }));

  it('of many, and in bundles: the code of each is that of the same write alone', () =>
    forAll(USERS, async (user) => {
      for (const { kind, object } of samples()) {
        const { namespace = '', name } = object.metadata;
        const { kinds } = namesOf(kind);
        const list = await world.get(user, { kind, namespace });
        const where = `where: { metadata: { name: { eq: "${name}" } } }`;
        const one = pathOf({ kind, namespace, name });
        const applied = {
          apiVersion: apiVersionOf(kind),
          kind: kind.kind,
          metadata: { name, ...(namespace && { namespace }), ...label.metadata },
        };
        const answer = '{ refused objects { name error diff { from to } } }';
        const place = `resource: "${groupResourceName(kind)}", namespace: "${namespace}", ${where}`;
        const rows: Omit<Row, 'verb' | 'path'>[] = [
          {
            method: 'PATCH',
            body: label,
            type: 'application/merge-patch+json',
            fields: [
              `update${kinds}${within(kind, namespace, where, 'patch: $v', dry)}`,
              `updateObjects(${place}, patch: $v, ${dry})`,
            ],
          },
          {
            method: 'DELETE',
            fields: [
              `delete${kinds}${within(kind, namespace, where, 'dryRun: true')}`,
              `deleteObjects(${place}, dryRun: true)`,
            ],
          },
          {
            method: 'PATCH',
            body: applied,
            type: 'application/apply-patch+yaml',
            fields: [`applyBundle(manifests: $v, ${dry})`],
          },
        ];
        const each = rows.flatMap(({ fields, ...row }) => fields.map((field) => ({ ...row, field })));
        for (const { method, body, type, field } of each) {
          const query = `mutation${body ? ' ($v: JSON!)' : ''} { o: ${field} ${answer} }`;
          const found = await world.run(user, query, body ? { v: body } : {});
          const what = `${field.split('(')[0]} ${namespace}/${name}`;
          if (!field.startsWith('applyBundle') && list.code !== 200) {
            differs(user, what, errorOf(found), refusalOf(list));
            continue;
          }
          const rest = await world.ask(user, one + DRY, method, body, type);
          const [first] = found.data['o']?.objects ?? [];
          const error = first?.error as { code: number; message: string } | null | undefined;
          differs(user, what, error ? [error.code, plain(error.message)] : errorOf(found), refusalOf(rest));
          const reads = await world.get(user, { kind, namespace, name });
          if (reads.code !== 200 && first?.diff?.length)
            differs(user, what, first.diff, 'no difference for who may not get it');
        }
      }
    }));
});

describe('writes of one sort', () => {
  const pod = { metadata: { namespace: 'a', name: 'x' } };
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', ...pod };
  const binding = { apiVersion: 'v1', kind: 'Binding', ...pod, target: { kind: 'Node', name: 'n2' } };
  const merge = 'application/merge-patch+json';
  const A = 'namespace: "a", dryRun: true';
  type Row = [mutation: string, method: string, path: string, body: object, type: string];
  const rows = (): Row[] => [
    [`evictPod(${A}, name: "x")`, 'POST', '/api/v1/namespaces/a/pods/x/eviction', eviction, 'application/json'],
    [
      `bindPod(${A}, name: "x", node: "n2")`,
      'POST',
      '/api/v1/namespaces/a/pods/x/binding',
      binding,
      'application/json',
    ],
    ...['n1', 'missing'].flatMap((name): Row[] => [
      [
        `cordonNode(name: "${name}", dryRun: true) { kind }`,
        'PATCH',
        `/api/v1/nodes/${name}`,
        { spec: { unschedulable: true } },
        merge,
      ],
      [
        `uncordonNode(name: "${name}", dryRun: true) { kind }`,
        'PATCH',
        `/api/v1/nodes/${name}`,
        { spec: { unschedulable: null } },
        merge,
      ],
    ]),
    ...['web', 'missing'].map((name): Row => [
      `scaleDeployment(${A}, name: "${name}", replicas: 3)`,
      'PATCH',
      `/apis/apps/v1/namespaces/a/deployments/${name}/scale`,
      { spec: { replicas: 3 } },
      merge,
    ]),
  ];

  it('by REST and by GraphQL', () =>
    forAll(USERS, async (user) => {
      for (const [mutation, method, path, body, type] of rows()) {
        const rest = await world.ask(user, `${path}?dryRun=All`, method, body, type);
        differs(user, mutation, errorOf(await world.run(user, `mutation { ${mutation} }`)), refusalOf(rest));
      }
    }));

  it('commands need the rights to get and to create pods/exec', () =>
    forAll(USERS, async (user) => {
      for (const namespace of ['a', 'b'])
        for (const name of ['x', 'missing']) {
          // that there is no such container is the last that the API finds
          const rest = await world.ask(
            user,
            `/api/v1/namespaces/${namespace}/pods/${name}/exec?command=c&container=none&stdout=true&stderr=true`,
          );
          const command = `execPod(namespace: "${namespace}", name: "${name}", container: "none", command: "c")`;
          const found = await world.run(user, `mutation { ${command} { exitCode } }`);
          differs(user, command, errorOf(found), refusalOf(rest));
        }
    }));

  it('rollouts need the right to get, to list what keeps them, and to patch', () =>
    forAll(USERS, async (user) => {
      const path = '/apis/apps/v1/namespaces/a/deployments/web';
      const [get, list] = [
        await world.ask(user, path),
        await world.ask(user, '/apis/apps/v1/namespaces/a/replicasets'),
      ];
      const patch = await world.ask(user, `${path}?dryRun=All`, 'PATCH', {}, merge);
      for (const word of ['Restart', 'Pause', 'Undo']) {
        const found = await world.run(user, `mutation { rollout${word}Deployment(${A}, name: "web") { kind } }`);
        const wanted = get.code !== 200 ? get : word === 'Undo' && list.code !== 200 ? list : patch;
        // there is no revision to go back to
        if (word === 'Undo' && wanted.code === 200) differs(user, word, found.code, 400);
        else differs(user, word, errorOf(found), refusalOf(wanted));
      }
    }));

  it('what was written is undone by who may write it, and the rest is as if it were not there', async () => {
    const written = '{ changes(kinds: ["configmaps"], namespaces: ["b"], first: 1) { items { changeSet } } }';
    const { changeSet } = (await world.run(admin, written)).data['changes'].items[0] as { changeSet: string };
    const undo = (id: string): string => `mutation { undo(changeSet: "${id}", dryRun: true) { done steps { error } } }`;
    const map = '/api/v1/namespaces/b/configmaps/hidden';
    await forAll(USERS, async (user) => {
      const found = await world.run(user, undo(changeSet));
      const missing = await world.run(user, undo('missing'));
      differs(user, 'undo of nothing', missing.code, 404);
      if (!(await world.mayGet(user, world.kindNamed('v1', 'ConfigMap'), 'b', 'hidden')))
        return differs(user, 'undo', found.text.replaceAll(changeSet, 'missing'), missing.text);
      const whole = (await world.ask(admin, map)).body;
      const rest = await world.ask(user, `${map}?dryRun=All`, 'PUT', whole);
      const error = found.data['undo'].steps[0].error as { code: number } | null;
      differs(user, 'undo', error?.code ?? 200, rest.code);
    });
  });

  it('a bundle prunes what may be listed and deleted', async () => {
    const manifest = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kept', namespace: 'a', labels: { part: 'p' } },
    };
    const apply = (name: string) => ({ ...manifest, metadata: { ...manifest.metadata, name } });
    const bundle =
      'mutation ($m: JSON!, $dry: Boolean) { applyBundle(manifests: $m, fieldManager: "matrix", dryRun: $dry, prune: { labelSelector: "part=p", kinds: ["configmaps"] }) { refused objects { name action error } } }';
    await world.run(admin, bundle, { m: [apply('kept'), apply('pruned')] });
    await forAll(USERS, async (user) => {
      const { data, ...found } = await world.run(user, bundle, { m: [apply('kept')], dry: true });
      const list = await world.ask(user, '/api/v1/namespaces/a/configmaps');
      if (list.code !== 200) return differs(user, 'prune', errorOf({ data, ...found }), refusalOf(list));
      const remove = await world.ask(user, '/api/v1/namespaces/a/configmaps/pruned?dryRun=All', 'DELETE');
      const [, pruned] = data['applyBundle'].objects as { name: string; action: string | null }[];
      differs(user, 'prune', pruned, {
        name: 'pruned',
        action: remove.code === 200 ? 'PRUNED' : null,
        error: remove.code === 200 ? null : remove.body,
      });
    });
  });
});
