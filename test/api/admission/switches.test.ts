import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestApi } from '../support.ts';

let t: TestApi;
beforeAll(async () => {
  t = await TestApi.open({
    admissionPlugins: { enable: [], disable: ['ServiceAccount', 'TaintNodesByCondition', 'DefaultTolerationSeconds'] },
  });
});
afterAll(() => t?.close());

it('a plugin that is switched off changes nothing', async () => {
  const { object: pod } = await t.create('pods', {
    metadata: { name: 'bare' },
    spec: { containers: [{ name: 'c', image: 'i' }], serviceAccountName: 'missing' },
  });
  expect(pod).toMatchObject({ spec: { serviceAccountName: 'missing' } });
  expect(pod).not.toHaveProperty('spec.volumes');
  expect(pod).not.toHaveProperty('spec.tolerations');
  const { object: node } = await t.create('nodes', { metadata: { name: 'n' } }, '');
  expect(node).not.toHaveProperty('spec.taints');
});
