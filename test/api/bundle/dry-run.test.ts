import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BundleAnswer, BundleStep } from '../../../src/api/contract.ts';
import type { KubeObject } from '../../../src/meta/object.ts';
import { TestApi } from '../support.ts';

let t: TestApi;
beforeAll(async () => {
  t = await TestApi.open();
  await t.create('resourcequotas', { metadata: { name: 'few' }, spec: { hard: { 'count/configmaps': '4' } } });
  await t.merge('resourcequotas/status', 'few', {
    status: { hard: { 'count/configmaps': '4' }, used: { 'count/configmaps': '0' } },
  });
});
afterAll(() => t.close());

/** Numbers from 0 to `below`, the same for a seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const RESOURCES = ['configmaps', 'services', 'namespaces'] as const;
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'Bad'];
const KINDS = { configmaps: 'ConfigMap', services: 'Service', namespaces: 'Namespace' } as const;

function stepOf(random: (below: number) => number): BundleStep {
  const resource = RESOURCES[random(RESOURCES.length)]!;
  const name = NAMES[random(NAMES.length)]!;
  const value = String(random(3));
  const target = t.target(resource, random(8) ? 't' : 'a', name);
  const part =
    resource === 'configmaps'
      ? { data: { value } }
      : resource === 'services'
        ? { spec: { ports: [{ name: `p${value}`, port: 80 + Number(value) }] } }
        : {};
  const metadata = { name, labels: { value } };
  switch (random(5)) {
    case 0:
      return { verb: 'create', target: { ...target, name: '' }, body: { object: { metadata, ...part } as never } };
    case 1:
      return {
        verb: 'patch',
        target,
        patchType: 'application/merge-patch+json',
        body: { value: { metadata, ...part } },
      };
    case 2:
      return { verb: 'delete', target };
    default: {
      const configuration = { apiVersion: 'v1', kind: KINDS[resource], metadata, ...part };
      return { verb: 'apply', target, body: { value: configuration }, options: { fieldManager: 'test' } };
    }
  }
}

/** What is drawn, and what counts writes, is another each time. */
const DRAWN = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
  'time',
  'clusterIP',
  'clusterIPs',
]);
const stable = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value ?? null, (key, one: unknown) => (DRAWN.has(key) ? undefined : one)));
const shown = ({ refused, steps }: BundleAnswer) => ({
  refused,
  steps: steps.map(({ before, after, answer, refusal, warnings }) =>
    stable({ before: before?.object, after: after?.object, code: answer?.code, refusal: refusal?.status, warnings }),
  ),
});
const state = (): KubeObject[] =>
  RESOURCES.flatMap((resource) => t.api.store.list({ resource }).items.map(({ object }) => object));

test('a dry run answers what the write does, and a refused bundle leaves all as it was', async () => {
  let written = 0;
  let refused = 0;
  for (let seed = 1; seed <= 120; seed++) {
    const random = numbers(seed);
    const steps = Array.from({ length: 1 + random(5) }, () => stepOf(random));
    const [before, revision] = [state(), t.api.store.revision];
    const dry = await t.api.bundle(t.ctx(), steps, { dryRun: ['All'] });
    expect(t.api.store.revision, `dry run ${seed}`).toBe(revision);
    const wet = await t.api.bundle(t.ctx(), steps, {});
    expect(shown(wet), `seed ${seed}`).toEqual(shown(dry));
    if (wet.refused) {
      refused++;
      expect(state()).toEqual(before);
    } else written++;
    const { first = 0, last = -1 } = wet.revisions ?? {};
    expect(t.api.store.revision - revision).toBe(last - first + 1);
  }
  expect(Math.min(written, refused)).toBeGreaterThan(20);
});
