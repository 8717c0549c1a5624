import { afterAll, beforeAll, expect, test } from 'vitest';
import { PolicyAuditor } from '../../../src/api/audit/auditor.ts';
import { Evaluator } from '../../../src/api/audit/evaluator.ts';
import type { BundleStep } from '../../../src/api/contract.ts';
import { TestApi } from '../support.ts';

interface Event {
  verb: string;
  objectRef: { resource: string; name?: string };
  responseStatus: { code: number; message?: string };
}

const texts: string[] = [];
let t: TestApi;
beforeAll(async () => {
  const sink = { push: (text: string) => void texts.push(text), close: () => Promise.resolve() };
  const policy = new Evaluator({ omitStages: ['RequestReceived'], rules: [{ level: 'Metadata' }] });
  t = await TestApi.open({ auditor: new PolicyAuditor({ policy, sinks: [sink] }) });
});
afterAll(() => t.close());

const create = (name: string): BundleStep => ({
  verb: 'create',
  target: t.target('configmaps'),
  body: { object: { metadata: { name } } as never },
});

test('each write of a bundle is an event of its own, with what came of it', async () => {
  const told = async (steps: BundleStep[]) => {
    texts.length = 0;
    await t.api.bundle(t.ctx(), steps, {});
    return texts.map((text) => {
      const { verb, objectRef, responseStatus } = JSON.parse(text) as Event;
      return [verb, objectRef.resource, objectRef.name, responseStatus.code];
    });
  };
  const remove: BundleStep = { verb: 'delete', target: t.target('configmaps', 't', 'a') };
  expect(await told([create('a'), remove])).toEqual([
    ['create', 'configmaps', 'a', 201],
    ['delete', 'configmaps', 'a', 200],
  ]);
  expect(await told([create('b'), create('No')])).toEqual([
    ['create', 'configmaps', 'b', 409],
    ['create', 'configmaps', 'No', 422],
  ]);
  expect((JSON.parse(texts[0]!) as Event).responseStatus.message).toBe(
    'nothing is written: step 2 of the 2 of its bundle is refused',
  );
});
