import { afterAll, beforeAll, expect, it } from 'vitest';
import { validationServer } from '../../../src/api/validation/serve.ts';
import type { FromThread, Thread } from '../../../src/api/validation/thread.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import { refusal, TestApi } from '../support.ts';

let judged = 0;
function thread(): Thread {
  let listener: (message: FromThread) => void = () => undefined;
  const take = validationServer(createRegistry(), (message) => listener(message));
  return {
    post(message) {
      if (message.type === 'judge') judged++;
      const copy = structuredClone(message);
      setImmediate(() => take(copy));
    },
    onMessage: (given) => void (listener = given),
    onEnd: () => undefined,
    end: () => undefined,
  };
}

let api: TestApi;
beforeAll(async () => (api = await TestApi.open({ validationThread: thread })));
afterAll(() => api.close());

const service = (externalIPs: readonly string[]) => ({
  metadata: { name: 'wide' },
  spec: { ports: [{ port: 80 }], externalIPs },
});

it('an object of very many values is judged beside the event loop, also where nobody has waited for it yet', async () => {
  const before = judged;
  const many = Array.from({ length: 40_000 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
  const { code } = await refusal(api.create('services', service([...many.slice(1), 'nowhere'])));
  expect([code, judged - before]).toEqual([422, 1]);
});

it('a rule beside the event loop knows the labels of the namespace', async () => {
  const before = judged;
  const metadata = {
    name: 'wide',
    annotations: Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`a${i}`, ''])),
  };
  const exactly = { deviceClassName: 'c', adminAccess: true };
  const claim = { metadata, spec: { devices: { requests: [{ name: 'r', exactly }] } } };
  for (const [namespace, labels, answer] of [
    ['marked', { 'resource.kubernetes.io/admin-access': 'true' }, undefined],
    ['plain', {}, 422],
  ] as const) {
    await api.create('namespaces', { metadata: { name: namespace, labels } }, '');
    const made = api.create('resourceclaims.resource.k8s.io', claim, namespace);
    if (answer === undefined) await made;
    else expect((await refusal(made)).code).toBe(answer);
  }
  expect(judged - before).toBe(2);
});

it('a small one is judged at once', async () => {
  const before = judged;
  const { code } = await refusal(api.create('services', service(['nowhere'])));
  expect([code, judged - before]).toEqual([422, 0]);
});
