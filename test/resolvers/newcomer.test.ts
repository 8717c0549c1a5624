import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestGraphQL } from './mutations/support.ts';

let g: TestGraphQL;
beforeAll(async () => {
  g = await TestGraphQL.open();
});
afterAll(() => g.close());

test.each([
  ['{ pod(name: "x") { kind } }', 404, 'pods are in namespaces: say in which'],
  ['{ object(resource: "pods", name: "x") }', 404, 'pods are in namespaces: say in which'],
  ['mutation { createPod(object: { metadata: { name: "a" } }) { kind } }', 405, 'pods are in namespaces: say in which'],
  ['mutation { deletePod(name: "a") }', 404, 'pods are in namespaces: say in which'],
  ['{ objects(resource: "pod") { items } }', 404, 'there is no resource pod: it is called by its plural'],
  ['{ objects(resource: "deployments") { items } }', 404, 'as `pods` or `deployments.apps`'],
  ['{ objects(resource: "pods", version: "v9") { items } }', 404, 'there is no resource pods in version v9'],
])('what was forgotten is said: %s', async (document, code, message) => {
  const { errors } = await g.run(document);
  expect(errors?.map(({ extensions }) => extensions.code)).toEqual([code]);
  expect(errors?.[0]?.message).toContain(message);
});

test('who may not ask learns nothing by it', async () => {
  const kim = { name: 'kim', groups: ['system:authenticated'] };
  for (const resource of ['pods', 'pod', 'things.example.com']) {
    const { errors } = await g.run(`{ object(resource: "${resource}", name: "x") }`, {}, kim);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual([403]);
  }
});
