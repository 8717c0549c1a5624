import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { BundleStep, RequestContext } from '../../../src/api/contract.ts';
import { withChangeSet } from '../../../src/api/history/change-set.ts';
import { APPLY_PATCH, JSON_PATCH, MERGE_PATCH } from '../../../src/api/patch-body.ts';
import type { Json, KubeObject } from '../../../src/meta/object.ts';
import { isStatusError } from '../../../src/meta/status.ts';
import { the } from '../../support/at.ts';
import { PATIENCE_MS } from '../../support/patience.ts';
import { TestApi } from '../support.ts';

const WIDGETS = 'widgets.example.com';
const origin = { auditId: 'a', requestUri: '/', sourceIps: [], userAgent: 'test' };

let t: TestApi;
beforeAll(async () => {
  t = await TestApi.open();
  const free = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  await t.create(
    'customresourcedefinitions.apiextensions.k8s.io',
    {
      metadata: { name: WIDGETS },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: free } }],
      },
    },
    '',
  );
  await vi.waitFor(() => expect(t.api.registry.preferred(WIDGETS)).toBeDefined(), PATIENCE_MS);
});
afterAll(() => t.close());

type Body = Record<string, Json>;
const keys = fc.constantFrom('a', 'b', 'a.b', 'c[0]', 'd/e', '~', 'é');
const { tree: free } = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Json>(0, 1.5, '', 'x', true, false),
    fc.dictionary(keys, tie('tree'), { maxKeys: 3 }) as fc.Arbitrary<Json>,
    fc.array(tie('tree'), { maxLength: 3 }) as fc.Arbitrary<Json>,
  ),
}));
const map = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('', '1', '2'), { maxKeys: 3 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });
/** Without what is undefined. */
const plain = (value: object): Body => JSON.parse(JSON.stringify(value)) as Body;

const names = (first: number) => fc.uniqueArray(fc.constantFrom('p', 'q', 'r'), { minLength: first, maxLength: 3 });
const container = (name: string) =>
  fc.record({
    name: fc.constant(name),
    image: fc.constantFrom('i:1', 'i:2'),
    env: maybe(names(0).map((all) => all.map((one) => ({ name: one, value: '1' })))),
    args: maybe(fc.array(fc.constantFrom('x', 'y'), { maxLength: 3 })),
  });

/** What an object of a kind may have besides its metadata. */
const BODIES: Record<string, fc.Arbitrary<Body>> = {
  configmaps: fc.record({ data: maybe(map), binaryData: maybe(fc.constantFrom({}, { z: 'YQ==' })) }).map(plain),
  services: fc
    .record({
      selector: maybe(map),
      type: fc.constantFrom('ClusterIP', 'NodePort'),
      ports: names(1).map((all) => all.map((name, i) => ({ name, port: 80 + i, targetPort: i ? 'web' : 8080 }))),
    })
    .map((spec) => plain({ spec })),
  'deployments.apps': fc
    .record({
      replicas: fc.integer({ min: 0, max: 3 }),
      nodeSelector: maybe(map),
      containers: names(1).chain((all) => fc.tuple(...all.map(container))),
    })
    .map(({ replicas, ...spec }) =>
      plain({
        spec: {
          replicas,
          selector: { matchLabels: { app: 'w' } },
          template: { metadata: { labels: { app: 'w' } }, spec },
        },
      }),
    ),
  [WIDGETS]: fc.record({ spec: maybe(free), other: maybe(free) }).map(plain),
};

const VERBS = ['update', 'merge', 'json', 'apply', 'delete', 'bundle'] as const;
interface Step {
  verb: (typeof VERBS)[number];
  name: string;
  labels: Record<string, string> | undefined;
  annotations: Record<string, string> | undefined;
  body: Body;
}
const steps = (resource: string, minLength: number): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.record({
      verb: fc.constantFrom(...VERBS),
      name: fc.constantFrom('a', 'b'),
      labels: maybe(map),
      annotations: maybe(map),
      body: the(BODIES[resource]),
    }),
    { minLength, maxLength: 5 },
  );

/** One object of a run, whatever there is of it. */
class Subject {
  private readonly target;
  constructor(
    private readonly resource: string,
    private readonly name: string,
  ) {
    this.target = t.target(resource, 't', name);
  }

  get stored(): KubeObject | undefined {
    return t.api.store.get({ resource: this.resource, namespace: 't', name: this.name })?.object;
  }

  /** What is refused, since no such object can be, changes nothing. */
  async run(ctx: RequestContext, step: Step): Promise<void> {
    try {
      await this.write(ctx, step);
    } catch (error) {
      if (!isStatusError(error, 'Invalid')) throw error;
    }
  }

  private async write(ctx: RequestContext, { verb, labels, annotations, body }: Step): Promise<void> {
    const { group, version, kind } = this.target.kind;
    const metadata = plain({ name: this.name, namespace: 't', labels, annotations });
    const object = { apiVersion: group ? `${group}/${version}` : version, kind, metadata, ...body } as Body;
    const { stored, target } = this;
    const options = { fieldManager: 'm', force: true };
    if (verb === 'bundle' || verb === 'apply') {
      const step: BundleStep = { verb: 'apply', target, body: { value: object }, options };
      if (verb === 'bundle') await t.api.bundle(ctx, [step], options);
      else await t.api.patch(ctx, target, APPLY_PATCH, { value: object }, options);
    } else if (!stored) await t.api.create(ctx, { ...target, name: '' }, { object: object as never }, {});
    else if (verb === 'delete') await t.api.delete(ctx, target, {});
    else if (verb === 'update') await t.api.update(ctx, target, { object: object as never }, {});
    else if (verb === 'merge') await t.api.patch(ctx, target, MERGE_PATCH, { value: object }, {});
    else
      await t.api.patch(
        ctx,
        target,
        JSON_PATCH,
        { value: patchOf(stored as unknown as Body, { ...body, metadata }) },
        {},
      );
  }
}

/** Replaces what stands at the top. */
const patchOf = (stored: Body, { metadata, ...body }: Body): Json => [
  ...Object.entries(body).map(([key, value]) => ({ op: 'add', path: `/${key}`, value })),
  ...Object.keys(stored)
    .filter((key) => !['apiVersion', 'kind', 'metadata', 'status', 'spec'].includes(key) && !(key in body))
    .map((key) => ({ op: 'remove', path: `/${key}` })),
  { op: 'add', path: '/metadata/labels', value: (metadata as Body)['labels'] ?? {} },
];

/** An object without what the server alone says of it. */
function own(object: KubeObject | undefined): unknown {
  if (!object) return undefined;
  const { metadata, status: _, ...rest } = object;
  const {
    uid: _uid,
    resourceVersion: _v,
    generation: _g,
    creationTimestamp: _t,
    managedFields: _m,
    ...others
  } = metadata;
  return { metadata: others, ...rest };
}

test.each(Object.keys(BODIES))(
  'the undo of one request puts back exactly what was there, and its undo what came after: %s',
  async (resource) => {
    let [run, exact] = [0, 0];
    await fc.assert(
      fc.asyncProperty(steps(resource, 0), steps(resource, 1), async (first, second) => {
        run += 1;
        const subjects = new Map(['a', 'b'].map((name) => [name, new Subject(resource, `x${run}-${name}`)]));
        const all = (): unknown[] => [...subjects.values()].map(({ stored }) => own(stored));
        for (const step of first) await subjects.get(step.name)?.run({ ...t.ctx(), origin }, step);
        const before = structuredClone(all());
        const ctx = withChangeSet({ ...t.ctx(), origin });
        const from = t.api.store.revision;
        for (const step of second) await subjects.get(step.name)?.run(ctx, step);
        if (t.api.store.revision === from) return;
        const after = structuredClone(all());
        const undone = await t.api.undo({ ...t.ctx(), origin }, { changeSet: the(ctx.changeSet) }, {});
        expect(undone.refusals).toEqual([]);
        const why = undone.bundle?.steps.flatMap(({ refusal }) => refusal?.message ?? []) ?? [];
        if (why.some((message) => message.includes('may not change once set'))) {
          // of a Service that was deleted and made anew at another address
          expect(all()).toEqual(after);
          return;
        }
        expect(why).toEqual([]);
        expect(all()).toEqual(before);
        exact += 1;
        for (const { after: answered } of undone.bundle?.steps ?? [])
          if (answered) expect(before).toContainEqual(own(answered.stored?.object));
        if (!undone.changeSet) return;
        const again = await t.api.undo({ ...t.ctx(), origin }, { changeSet: undone.changeSet }, {});
        expect(again.refusals).toEqual([]);
        if (!again.bundle?.refused) expect(all()).toEqual(after);
      }),
      { numRuns: 60 },
    );
    expect(exact).toBeGreaterThan(run / 3);
  },
);
