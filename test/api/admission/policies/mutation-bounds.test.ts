import { expect, test } from 'vitest';
import { Evaluation } from '../../../../src/api/admission/policies/evaluation.ts';
import { patchSteps } from '../../../../src/api/admission/policies/patch.ts';
import { composeSteps } from '../../../../src/kinds/cel/admission.ts';
import { REQUEST_BUDGET } from '../../../../src/kinds/cel/limits.ts';
import { compileMutation } from '../../../../src/kinds/cel/mutations.ts';
import { createRegistry } from '../../../../src/kinds/registry.ts';
import { atOnce, type Steps } from '../../../../src/meta/steps.ts';

const kind = createRegistry().preferred('configmaps')!;
const object = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c', uid: '', resourceVersion: '', creationTimestamp: '' },
  data: {},
};
const composition = atOnce(composeSteps([], false));

const steps = (patchType: 'ApplyConfiguration' | 'JSONPatch', expression: string, of = object): Steps<unknown> => {
  const compiled = atOnce(compileMutation(patchType, expression, composition.variables(true)));
  if ('error' in compiled) throw new Error(compiled.error);
  const evaluation = new Evaluation({ object }, composition, REQUEST_BUDGET);
  const patch = { expression };
  const mutation = { patchType, ...(patchType === 'JSONPatch' ? { jsonPatch: patch } : { applyConfiguration: patch }) };
  return patchSteps(mutation, compiled.program, evaluation, kind, of);
};
const mutate = (...args: Parameters<typeof steps>): unknown => atOnce(steps(...args));

/** Twice as large at each step, but for the parts that are shared. */
const doubled = (start: string, step: (name: string) => string, times = 40): string =>
  Array.from({ length: times }, (_, i) => `.map(v${i}, ${step(`v${i}`)})`).reduce(
    (all, one) => all + one,
    `[${start}]`,
  );

const LISTS = doubled('[0]', (name) => `[${name}, ${name}]`);
const OBJECTS = `${doubled('Object.x{}', (name) => `Object.x{x: ${name}, y: ${name}}`)}[0]`;

test.each<[what: string, patchType: 'ApplyConfiguration' | 'JSONPatch', expression: string]>([
  ['lists in a patch', 'JSONPatch', `[JSONPatch{op: "add", path: "/data", value: dyn(${LISTS})}]`],
  ['objects in a patch', 'JSONPatch', `[JSONPatch{op: "add", path: "/data", value: ${OBJECTS}}]`],
  ['lists in a configuration', 'ApplyConfiguration', `Object{data: dyn(${LISTS})}`],
  ['objects in a configuration', 'ApplyConfiguration', `Object{x: ${OBJECTS}}`],
  [
    'one text many times',
    'JSONPatch',
    `["${'x'.repeat(50_000)}"].map(t, JSONPatch{op: "add", path: "/data", value: ${doubled('t', (name) => `[${name}, ${name}]`, 10).replace('[t]', '[dyn(t)]')}})`,
  ],
])('%s that share their parts are not written out', (_, patchType, expression) => {
  expect(() => mutate(patchType, expression)).toThrow(/too large|cost|no matching overload/);
});

test('objects that share their parts are compared within bounds', () => {
  const expression = `Object{data: {"same": string(${OBJECTS} == ${OBJECTS})}}`;
  expect(() => mutate('ApplyConfiguration', expression)).toThrow('operation cancelled: actual cost limit exceeded');
});

test.each<[patchType: 'ApplyConfiguration' | 'JSONPatch', expression: string]>([
  ['JSONPatch', '[JSONPatch{op: "add", path: "/data/own", value: "v"}]'],
  ['ApplyConfiguration', 'Object{data: {"own": "v"}}'],
])('a wide object is changed by a %s in steps, and is itself left as it was', (patchType, expression) => {
  const data = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, 'v']));
  const wide = { ...object, data };
  const made = steps(patchType, expression, wide);
  let pauses = 0;
  let next = made.next();
  for (; !next.done; next = made.next()) pauses++;
  expect(pauses).toBeGreaterThan(2);
  expect(next.value).toMatchObject({ data: { ...data, own: 'v' } });
  expect(Object.keys(wide.data)).toHaveLength(1000);
});
