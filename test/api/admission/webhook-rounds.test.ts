import { afterAll, beforeAll, expect, test } from 'vitest';
import { Hooks, type Asked } from './hooks.ts';

let hooks: Hooks;
beforeAll(async () => {
  hooks = await Hooks.open();
});
afterAll(() => hooks?.close());

/** Each counts in a label of its own name how often it was asked. */
const counting = ({ name, request }: Asked) => {
  const { labels } = request.object?.metadata ?? {};
  const value = String(Number(labels?.[name] ?? 0) + 1);
  return {
    patch: [
      ...(labels ? [] : [{ op: 'add', path: '/metadata/labels', value: {} }]),
      { op: 'add', path: `/metadata/labels/${name}`, value },
    ],
  };
};
let names = 0;
const create = () => hooks.t.create('configmaps', { metadata: { name: `c${++names}` } });

/** Of four webhooks, by their policies (I: IfNeeded, N: Never): who is asked, in order. As kube-apiserver 1.35.4 does. */
const ROUNDS: readonly [policies: string, asked: string][] = [
  ['INNN', 'r1 r2 r3 r4 r1'],
  ['IIII', 'r1 r2 r3 r4 r1 r2 r3 r4'],
  ['NINI', 'r1 r2 r3 r4 r2 r4'],
  ['NNNI', 'r1 r2 r3 r4'],
  ['INNI', 'r1 r2 r3 r4 r1 r4'],
];
test.each(ROUNDS)('of %s asks %s', async (policies, expected) => {
  const four = [...policies].map((policy, i) =>
    hooks.hook(`r${i + 1}`, { reinvocationPolicy: policy === 'I' ? 'IfNeeded' : 'Never' }),
  );
  for (const i of [1, 2, 3, 4]) hooks.replies[`r${i}`] = counting;
  const asked = await hooks.during('mutating', four, create);
  expect(asked.map(({ name }) => name).join(' ')).toBe(expected);
});

test('none is asked for the first time in the second round, nor once it is no more about the object', async () => {
  const again = { reinvocationPolicy: 'IfNeeded' };
  hooks.replies['r1'] = hooks.replies['r2'] = counting;
  const asked = await hooks.during(
    'mutating',
    [
      hooks.hook('r1', again),
      hooks.hook('later', { ...again, objectSelector: { matchLabels: { r2: '1' } } }),
      hooks.hook('r2'),
      hooks.hook('before', {
        ...again,
        objectSelector: { matchExpressions: [{ key: 'r2', operator: 'DoesNotExist' }] },
      }),
    ],
    create,
  );
  expect(asked.map(({ name }) => name)).toEqual(['r1', 'r2', 'r1']);
});

test('what a patch leaves as it was is no change', async () => {
  hooks.replies['same'] = () => ({ patch: [{ op: 'test', path: '/metadata/namespace', value: 't' }] });
  const again = { reinvocationPolicy: 'IfNeeded' };
  const asked = await hooks.during('mutating', [hooks.hook('first', again), hooks.hook('same', again)], create);
  expect(asked.map(({ name }) => name)).toEqual(['first', 'same']);
});

test('plugins of the API see what webhooks have changed', async () => {
  hooks.replies['tolerate'] = () => ({ patch: [{ op: 'remove', path: '/spec/tolerations' }] });
  const rules = [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }];
  await hooks.during('mutating', [hooks.hook('tolerate', { rules })], async () => {
    const { object } = await hooks.t.create('pods', {
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    });
    expect(object.spec.tolerations).toHaveLength(2);
  });
});
