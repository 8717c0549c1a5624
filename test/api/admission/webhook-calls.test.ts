import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMISSION } from '../../../src/rules/metrics/families.ts';
import { metricsOf, linesOf } from '../../../src/rules/metrics/metrics.ts';
import { refusal } from '../support.ts';
import { Hooks } from './hooks.ts';

let hooks: Hooks;
const metrics = metricsOf(ADMISSION);
beforeAll(async () => {
  hooks = await Hooks.open({ webhooks: metrics });
});
afterAll(() => hooks?.close());

let names = 0;
const configMap = () => ({ metadata: { name: `c${++names}` }, data: { a: '1' } });
const create = () => hooks.t.create('configmaps', configMap());
const createDry = () =>
  hooks.t.api.create(
    hooks.t.ctx(),
    hooks.t.target('configmaps'),
    { object: configMap() as never },
    { dryRun: ['All'], fieldManager: 'm' },
  );

/** What a webhook says that it knows of reviews, and what it is asked with. */
const VERSIONS: readonly [says: string[], asked: string][] = [
  [['v1'], 'v1'],
  [['v1beta1'], 'v1beta1'],
  [['v1beta1', 'v1'], 'v1beta1'],
  [['v7', 'v1'], 'v1'],
];
test.each(VERSIONS)('of reviews %j gets %s', async (admissionReviewVersions, version) => {
  hooks.replies['h'] = () => ({ patch: [{ op: 'add', path: '/data/z', value: '1' }] });
  const asked = await hooks.during('mutating', [hooks.hook('h', { admissionReviewVersions })], async () => {
    expect((await create()).object.data).toEqual({ a: '1', z: '1' });
  });
  expect(asked.map((each) => each.version)).toEqual([`admission.k8s.io/${version}`]);
});

test('of the older review neither uid nor the type of a patch is asked', async () => {
  hooks.replies['h'] = () => ({
    uid: 'another',
    patch: [{ op: 'add', path: '/data/z', value: '1' }],
    patchType: undefined,
  });
  const old = { admissionReviewVersions: ['v1beta1'] };
  await hooks.during('mutating', [hooks.hook('h', old)], async () => {
    expect((await create()).object.data).toEqual({ a: '1', z: '1' });
  });
  hooks.replies['h'] = () => ({ patch: [{ op: 'remove', path: '/data' }] });
  await hooks.during('validating', [hooks.hook('h', old)], async () => {
    expect((await create()).object.data).toEqual({ a: '1' });
  });
});

test('a dry run is told to those alone that do nothing by themselves', async () => {
  for (const sideEffects of ['None', 'NoneOnDryRun']) {
    const asked = await hooks.during('validating', [hooks.hook('h', { sideEffects })], createDry);
    expect(asked.map(({ request }) => request)).toMatchObject([
      {
        dryRun: true,
        options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', dryRun: ['All'], fieldManager: 'm' },
      },
    ]);
  }
});

test('an apply is a create or an update without force, a patch of nothing but a delete cannot be changed', async () => {
  const apply = (value: object) =>
    hooks.t.api.patch(
      hooks.t.ctx(),
      hooks.t.target('configmaps', 't', 'applied'),
      'application/apply-patch+yaml',
      { value: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied' }, ...value } },
      { fieldManager: 'm', force: true },
    );
  const asked = await hooks.during('mutating', [hooks.hook('h')], async () => {
    await apply({ data: { b: '1' } });
    await apply({ data: { b: '2' } });
  });
  expect(asked.map(({ request: { operation, options } }) => [operation, options])).toEqual([
    ['CREATE', { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'm' }],
    ['UPDATE', { kind: 'UpdateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'm' }],
  ]);
  hooks.replies['h'] = () => ({ patch: [{ op: 'add', path: '/data/q', value: '1' }] });
  await hooks.during('mutating', [hooks.hook('h')], async () => {
    const { code, message } = await refusal(hooks.t.delete('configmaps', 'applied'));
    expect([code, message]).toEqual([
      500,
      'Internal error occurred: admission webhook "h.example.com" attempted to modify the object, which is not supported for this operation',
    ]);
  });
});

test('of several that refuse the first to answer is told, and the warnings of all', async () => {
  hooks.replies['a'] = () => ({ allowed: false, status: { code: 402, message: 'no' } });
  hooks.replies['b'] = () => ({ warnings: ['from b'] });
  hooks.t.warnings.length = 0;
  await hooks.during('validating', [hooks.hook('a'), hooks.hook('b')], async () => {
    expect(await refusal(create())).toMatchObject({
      code: 402,
      message: 'admission webhook "a.example.com" denied the request: no',
    });
  });
  expect(hooks.t.warnings).toEqual(['from b']);
});

const counted = (name: string): string[] =>
  linesOf(metrics)
    .filter((line) => line.startsWith(`apiserver_admission_${name}{`))
    .map((line) => line.slice(line.indexOf('{')))
    .filter((line) => /name="m/.test(line))
    .sort();

test('calls and their ends are counted under the names of Kubernetes', async () => {
  const gone = { clientConfig: { url: 'https://127.0.0.1:1/' } };
  const conditions = (...expressions: string[]) => ({
    matchConditions: expressions.map((expression, i) => ({ name: `c${i}`, expression })),
    failurePolicy: 'Ignore',
  });
  await hooks.during(
    'validating',
    [hooks.hook('myes'), hooks.hook('mopen', { ...gone, failurePolicy: 'Ignore' })],
    create,
  );
  hooks.replies['mno'] = () => ({ allowed: false, status: { code: 999 } });
  await hooks.during('validating', [hooks.hook('mno')], () => refusal(create()));
  await hooks.during('validating', [hooks.hook('mshut', gone)], () => refusal(create()));
  hooks.replies['mbad'] = () => ({ patch: [{ op: 'remove', path: '/none' }] });
  await hooks.during('mutating', [hooks.hook('mbad')], () => refusal(create()));
  await hooks.during(
    'validating',
    [hooks.hook('mcond', conditions('false')), hooks.hook('merr', conditions('object.nope == 1'))],
    create,
  );
  expect(counted('webhook_request_total')).toEqual([
    '{name="mbad.example.com",type="admit",operation="CREATE",code="0",rejected="true"} 1',
    '{name="mno.example.com",type="validating",operation="CREATE",code="600",rejected="true"} 1',
    '{name="mopen.example.com",type="validating",operation="CREATE",code="503",rejected="false"} 1',
    '{name="mshut.example.com",type="validating",operation="CREATE",code="503",rejected="true"} 1',
    '{name="myes.example.com",type="validating",operation="CREATE",code="200",rejected="false"} 1',
  ]);
  expect(counted('webhook_rejection_count')).toEqual([
    '{name="mbad.example.com",type="admit",operation="CREATE",error_type="apiserver_internal_error",rejection_code="0"} 1',
    '{name="mno.example.com",type="validating",operation="CREATE",error_type="no_error",rejection_code="600"} 1',
    '{name="mshut.example.com",type="validating",operation="CREATE",error_type="calling_webhook_error",rejection_code="503"} 1',
  ]);
  expect(counted('webhook_fail_open_count')).toEqual(['{name="mopen.example.com",type="validating"} 1']);
  expect(counted('match_condition_exclusions_total')).toEqual([
    '{name="mcond.example.com",kind="webhook",type="validate",operation="CREATE"} 1',
    '{name="merr.example.com",kind="webhook",type="validate",operation="CREATE"} 1',
  ]);
  expect(counted('match_condition_evaluation_errors_total')).toEqual([
    '{name="merr.example.com",kind="webhook",type="validating",operation="CREATE"} 1',
  ]);
});
