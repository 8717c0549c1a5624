import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RequestContext } from '../../../src/api/contract.ts';
import { withChangeSet } from '../../../src/api/history/change-set.ts';
import type { Json } from '../../../src/meta/object.ts';
import { the } from '../../support/at.ts';
import { admin, TestApi } from '../support.ts';

let t: TestApi;
beforeAll(async () => {
  t = await TestApi.open();
});
afterAll(() => t.close());

type Data = Record<string, string>;
/** The data of the config maps of one run, by name. */
type Model = Record<string, Data>;
type Step =
  { do: 'put'; name: string; key: string; value: string } | { do: 'unset' | 'delete'; name: string; key: string };

const names = fc.constantFrom('a', 'b', 'c');
const keys = fc.constantFrom('x', 'y', 'z');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      name: names,
      key: keys,
      value: fc.constantFrom('1', '2', '3'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('unset' as const, 'delete' as const), name: names, key: keys }),
  },
);

/** Runs steps as one request; what the model says of each is what is there. */
async function runSteps(ctx: RequestContext, run: number, steps: readonly Step[], model: Model): Promise<void> {
  for (const one of steps) {
    const name = `p${run}-${one.name}`;
    const target = t.target('configmaps', 't', name);
    const data = model[one.name];
    const value: Json = one.do === 'put' ? { [one.key]: one.value } : { [one.key]: null };
    if (one.do === 'delete') {
      if (!data) continue;
      await t.api.delete(ctx, target, {});
      delete model[one.name];
    } else if (!data) {
      if (one.do !== 'put') continue;
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 't' }, data: value };
      await t.api.create(ctx, t.target('configmaps'), { object: object as never }, {});
      model[one.name] = { [one.key]: one.value };
    } else {
      await t.api.patch(ctx, target, 'application/merge-patch+json', { value: { data: value } }, {});
      if (one.do === 'put') data[one.key] = one.value;
      else delete data[one.key];
    }
  }
}

const read = (run: number): Model =>
  Object.fromEntries(
    t.api.store
      .list({ resource: 'configmaps', namespace: 't' })
      .items.filter(({ name }) => name.startsWith(`p${run}-`))
      .map(({ name, object }) => [name.slice(`p${run}-`.length), (object['data'] as Data | undefined) ?? {}]),
  );

const origin = { auditId: 'a', requestUri: '/', sourceIps: [], userAgent: 'test' };

test('the undo of a request puts back what a model remembers, beside what others wrote, and its undo takes that back', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 6 }),
      fc.array(step, { minLength: 1, maxLength: 8 }),
      async (first, second) => {
        run += 1;
        const model: Model = {};
        await runSteps({ ...t.ctx(), origin }, run, first, model);
        const before = structuredClone(model);
        const ctx = withChangeSet({ ...t.ctx(), origin });
        const from = t.api.store.revision;
        await runSteps(ctx, run, second, model);
        if (t.api.store.revision === from) return;
        expect(read(run)).toEqual(model);

        // of somebody else, in an object that is still there, beside what the request wrote
        const [there] = Object.keys(before).filter(
          (name) => model[name] && !second.some((one) => one.do === 'delete' && one.name === name),
        );
        if (there) {
          const value = { data: { other: '1' } };
          await t.api.patch(
            { ...t.ctx(), origin },
            t.target('configmaps', 't', `p${run}-${there}`),
            'application/merge-patch+json',
            { value },
            {},
          );
          for (const each of [before, model]) the(each[there])['other'] = '1';
        }
        const undone = await t.api.undo({ ...t.ctx(admin), origin }, { changeSet: the(ctx.changeSet) }, {});
        expect(undone.refusals).toEqual([]);
        expect(undone.bundle?.steps.map(({ refusal }) => refusal?.message).filter(Boolean) ?? []).toEqual([]);
        expect(read(run)).toEqual(before);
        if (!undone.changeSet) return;
        const again = await t.api.undo({ ...t.ctx(admin), origin }, { changeSet: undone.changeSet }, {});
        expect(again.refusals).toEqual([]);
        expect(read(run)).toEqual(model);
      },
    ),
    { numRuns: 40 },
  );
});
