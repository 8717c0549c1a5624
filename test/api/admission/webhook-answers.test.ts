import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shownUrl } from '../../../src/api/webhooks/address.ts';
import { readJson } from '../../../src/api/webhooks/post-json.ts';
import type { StatusError } from '../../../src/meta/status.ts';
import { WebhookServer } from '../../support/webhook-server.ts';
import { refusal, TestApi } from '../support.ts';

let t: TestApi;
let server: WebhookServer;
let say: (uid: string) => object = () => ({});

const REVIEW = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' };
const base64 = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');
const responding =
  (response: object) =>
  (uid: string): object => ({ ...REVIEW, response: { uid, ...response } });
const allowing = (more: object) => responding({ allowed: true, ...more });
const patching = (patch: unknown) => allowing({ patch: base64(patch), patchType: 'JSONPatch' });
const text = (body: string) => (): object => ({ status: 200, body });

beforeAll(async () => {
  server = await WebhookServer.open((review) => say((review['request'] as { uid: string }).uid));
  t = await TestApi.open();
  for (const type of ['validating', 'mutating'])
    await t.create(
      `${type}webhookconfigurations.admissionregistration.k8s.io`,
      {
        metadata: { name: 'hooks' },
        webhooks: [
          {
            name: 'h.example.com',
            admissionReviewVersions: ['v1'],
            sideEffects: 'None',
            clientConfig: server.clientConfig,
            rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
            objectSelector: { matchLabels: { hooked: type } },
          },
        ],
      },
      '',
    );
});
afterAll(async () => {
  await t.close();
  await server.close();
});

let names = 0;
const create = (type: string) =>
  t.create('configmaps', { metadata: { name: `c${++names}`, labels: { hooked: type } }, data: { a: '1' } });

const CALLING = 'Internal error occurred: failed calling webhook "h.example.com": ';
const CALL = `${CALLING}failed to call webhook: `;
const INVALID = `${CALLING}received invalid webhook response: `;
const FIELD = 'Go struct field AdmissionResponse.response';
const TYPE_META = String.raw`Go value of type struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;
const DENIED = 'admission webhook "h.example.com" denied the request';

type Case = [what: string, say: (uid: string) => object, code: number, message: string];

/** What kube-apiserver 1.35.4 makes of answers, whether the webhook validates or mutates. */
const BOTH: readonly Case[] = [
  [
    'allowed as a text',
    responding({ allowed: 'false' }),
    500,
    `${CALL}json: cannot unmarshal string into ${FIELD}.allowed of type bool`,
  ],
  [
    'allowed as a number',
    responding({ allowed: 1 }),
    500,
    `${CALL}json: cannot unmarshal number into ${FIELD}.allowed of type bool`,
  ],
  [
    'allowed as an object',
    responding({ allowed: {} }),
    500,
    `${CALL}json: cannot unmarshal object into ${FIELD}.allowed of type bool`,
  ],
  ['allowed as null', responding({ allowed: null }), 400, `${DENIED} without explanation`],
  ['nothing of allowed', responding({}), 400, `${DENIED} without explanation`],
  ['allowed by another name', responding({ Allowed: true }), 400, `${DENIED} without explanation`],
  [
    'warnings as a text',
    allowing({ warnings: 'w' }),
    500,
    `${CALL}json: cannot unmarshal string into ${FIELD}.warnings of type []string`,
  ],
  [
    'warnings of numbers',
    allowing({ warnings: [1] }),
    500,
    `${CALL}json: cannot unmarshal number into ${FIELD}.warnings of type string`,
  ],
  [
    'annotations of numbers',
    allowing({ auditAnnotations: { a: 1 } }),
    500,
    `${CALL}json: cannot unmarshal number into ${FIELD}.auditAnnotations of type string`,
  ],
  [
    'a status as a text',
    allowing({ status: 'x' }),
    500,
    `${CALL}json: cannot unmarshal string into ${FIELD}.status of type v1.Status`,
  ],
  [
    'a code as a text',
    responding({ status: { code: '403' } }),
    500,
    `${CALL}json: cannot unmarshal string into Go struct field Status.response.status.code of type int32`,
  ],
  ['a refusal of its own', responding({ status: { code: 403, message: 'no', reason: 'Mine' } }), 403, `${DENIED}: no`],
  ['a refusal that is a success', responding({ status: { code: 200, message: 'no' } }), 400, `${DENIED}: no`],
  [
    'a response as a text',
    () => ({ ...REVIEW, response: 'x' }),
    500,
    `${CALL}json: cannot unmarshal string into Go struct field AdmissionReview.response of type v1.AdmissionResponse`,
  ],
  [
    'a response as a list',
    () => ({ ...REVIEW, response: [] }),
    500,
    `${CALL}json: cannot unmarshal array into Go struct field AdmissionReview.response of type v1.AdmissionResponse`,
  ],
  [
    'a uid as a number',
    allowing({ uid: 5 }),
    500,
    `${CALL}json: cannot unmarshal number into ${FIELD}.uid of type types.UID`,
  ],
  ['nothing', text(''), 500, `${CALL}0-length response with status code: 200 and content type: application/json`],
  [
    'a page',
    text('<html>'),
    500,
    `${CALL}couldn't get version/kind; json parse error: json: cannot unmarshal string into ${TYPE_META}`,
  ],
  [
    'a list',
    text('[]'),
    500,
    `${CALL}couldn't get version/kind; json parse error: json: cannot unmarshal array into ${TYPE_META}`,
  ],
  [
    'more than JSON',
    text(`${JSON.stringify(REVIEW)}x`),
    500,
    `${CALL}couldn't get version/kind; json parse error: invalid character 'x' after top-level value`,
  ],
  [
    'another kind',
    () => ({ ...REVIEW, kind: 'Other' }),
    500,
    `${CALL}no kind "Other" is registered for version "admission.k8s.io/v1" in scheme "pkg/runtime/scheme.go:111"`,
  ],
  [
    'an older version',
    () => ({ ...REVIEW, apiVersion: 'admission.k8s.io/v1beta1' }),
    500,
    `${CALL}converting (v1beta1.AdmissionReview) to (v1.AdmissionReview): unknown conversion`,
  ],
  [
    'no type',
    (uid) => ({ response: { uid } }),
    500,
    `${INVALID}expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got /, Kind=`,
  ],
  ['null', text('null'), 500, `${INVALID}webhook response was absent`],
  ['an object without anything in it', text('{}'), 500, `${INVALID}webhook response was absent`],
  [
    'a Status',
    text('{"apiVersion":"v1","kind":"Status","status":"Failure"}'),
    500,
    `${CALL}converting (v1.Status) to (v1.AdmissionReview): unknown conversion`,
  ],
  [
    'a code beyond 32 bits',
    responding({ allowed: false, status: { code: 2147483648 } }),
    500,
    `${CALL}json: cannot unmarshal number 2147483648 into Go struct field Status.response.status.code of type int32`,
  ],
  [
    'seconds as a text',
    responding({ allowed: false, status: { details: { retryAfterSeconds: '3' } } }),
    500,
    `${CALL}json: cannot unmarshal string into Go struct field StatusDetails.response.status.details.retryAfterSeconds of type int32`,
  ],
  [
    'a patch as a number',
    allowing({ patch: 5 }),
    500,
    `${CALL}json: cannot unmarshal number into ${FIELD}.patch of type []uint8`,
  ],
  ['no response', () => REVIEW, 500, `${INVALID}webhook response was absent`],
  [
    'a patch that is no base64',
    allowing({ patch: '%%%', patchType: 'JSONPatch' }),
    500,
    `${CALL}illegal base64 data at input byte 0`,
  ],
];
const VALIDATING: readonly Case[] = [
  ['a patch', patching([]), 500, `${INVALID}validating webhook may not return response.patch`],
  [
    'a type of patch',
    allowing({ patchType: 'JSONPatch' }),
    500,
    `${INVALID}validating webhook may not return response.patchType`,
  ],
];
const MUTATING: readonly Case[] = [
  [
    'a patch without a type',
    allowing({ patch: base64([]) }),
    500,
    `${INVALID}webhook returned response.patch but not response.patchType`,
  ],
  [
    'a type without a patch',
    allowing({ patchType: 'JSONPatch' }),
    500,
    `${INVALID}webhook returned response.patchType but not response.patch`,
  ],
  [
    'an empty patch',
    allowing({ patch: '', patchType: 'JSONPatch' }),
    500,
    `${INVALID}webhook returned response.patchType but not response.patch`,
  ],
  [
    'a patch that is no JSON',
    patching('{'),
    500,
    `${CALLING}received undecodable patch in webhook response: unexpected end of JSON input`,
  ],
  [
    'a patch that is no list',
    patching({}),
    500,
    `${CALLING}received undecodable patch in webhook response: json: cannot unmarshal object into Go value of type jsonpatch.Patch`,
  ],
  [
    'a patch of a number',
    patching([1]),
    500,
    `${CALLING}received undecodable patch in webhook response: json: cannot unmarshal number into Go value of type jsonpatch.Operation`,
  ],
  [
    'another namespace',
    patching([{ op: 'replace', path: '/metadata/namespace', value: 'elsewhere' }]),
    400,
    'the namespace of the provided object does not match the namespace sent on the request',
  ],
  [
    'a removal of nothing',
    patching([{ op: 'remove', path: '/data/nope' }]),
    500,
    "Internal error occurred: error in remove for path: '/data/nope': Unable to remove nonexistent key: nope: missing value",
  ],
  [
    'a patch below nothing',
    patching([{ op: 'add', path: '/x/y/z', value: '1' }]),
    500,
    'Internal error occurred: add operation does not apply: doc is missing path: "/x/y/z": missing value',
  ],
  [
    'a value of the wrong type',
    patching([{ op: 'add', path: '/data/a', value: 1 }]),
    500,
    'Internal error occurred: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
  ],
  [
    'an unknown operation',
    patching([{ op: 'zap', path: '/foo', value: 1 }]),
    500,
    'Internal error occurred: Unexpected kind: zap',
  ],
  [
    'a test that fails',
    patching([{ op: 'test', path: '/data/a', value: 'no' }]),
    500,
    'Internal error occurred: testing value /data/a failed: test failed',
  ],
];

describe.each([
  ['validating', [...BOTH, ...VALIDATING]],
  ['mutating', [...BOTH, ...MUTATING]],
])('a %s webhook', (type, cases) => {
  test.each(cases)('that answers %s', async (_, answer, code, message) => {
    say = answer;
    expect(await refusal(create(type))).toMatchObject({ code, message });
  });

  test.each<[what: string, say: (uid: string) => object]>([
    ['unknown fields', allowing({ more: 1 })],
    ['null for what is empty', allowing({ patch: null, patchType: null, warnings: null, status: null })],
  ])('may answer %s', async (_, answer) => {
    say = answer;
    expect((await create(type)).object).toMatchObject({ data: { a: '1' } });
  });
});

test.each<[what: string, patch: unknown, data: object]>([
  ['one', [{ op: 'add', path: '/data/b', value: 'x' }], { a: '1', b: 'x' }],
  ['one that replaces nothing', [{ op: 'replace', path: '/data/b', value: 'x' }], { a: '1', b: 'x' }],
  ['none', [], { a: '1' }],
  ['one of an unknown field', [{ op: 'add', path: '/foo', value: 1 }], { a: '1' }],
])('a patch is taken: %s', async (_, patch, data) => {
  say = patching(patch);
  expect((await create('mutating')).object).toMatchObject({ data });
});

test('integers beyond 2^53 are read as they are', () => {
  expect(readJson('[{"value":9007199254740993}]')).toEqual([{ value: 9007199254740993n }]);
});

describe('of an HTTP answer', () => {
  const REVIEW_TEXT = JSON.stringify(REVIEW);
  const serverError = (words: string): string =>
    `an error on the server (${JSON.stringify(words)}) has prevented the request from succeeding`;

  test.each<[code: number, type: string, body: string, why: string]>([
    [204, 'application/json', '', '0-length response with status code: 204 and content type: application/json'],
    [400, 'application/json', REVIEW_TEXT, 'the server rejected our request for an unknown reason'],
    [403, 'text/plain', ' not you \n', 'not you'],
    [403, 'application/json', REVIEW_TEXT, 'unknown'],
    [406, 'application/json', '', 'the server was unable to respond with a content type that the client supports'],
    [409, 'application/json', '', 'the server reported a conflict'],
    [422, 'application/json', '', 'the server rejected our request due to an error in our request'],
    [429, 'text/plain', 'later', 'the server has received too many requests and has asked us to try again later'],
    [500, 'text/plain', 'some words', serverError('some words')],
    [500, 'application/json', REVIEW_TEXT, serverError('unknown')],
    [
      500,
      'application/json',
      '{"kind":"Status","apiVersion":"v1","status":"Failure","message":"I am ill"}',
      'I am ill',
    ],
    [500, 'application/json', '{"kind":"Status","apiVersion":"v1","status":"Success"}', serverError('unknown')],
    [
      504,
      'text/plain',
      '',
      'the server was unable to return a response in the time allotted, but may still be processing the request',
    ],
  ])('%i as %s with %j the client is told as by a client of Go', async (status, type, body, why) => {
    say = () => ({ status, type, body });
    expect(await refusal(create('validating'))).toMatchObject({ code: 500, message: `${CALL}${why}` });
  });

  test('each code of success is one', async () => {
    say = (uid) => ({ status: 201, body: JSON.stringify(allowing({})(uid)) });
    await create('validating');
  });
  test('YAML is read, too', async () => {
    say = (uid) => ({
      status: 200,
      body: `apiVersion: admission.k8s.io/v1\nkind: AdmissionReview\nresponse: {uid: ${uid}, allowed: true}\n`,
    });
    await create('validating');
  });
});

test('a refusal is a failure whatever it says, and keeps its metadata', async () => {
  say = responding({ allowed: false, status: { status: 'Success', message: 'odd', metadata: { continue: 'x' } } });
  const { status } = (await create('validating').catch((error: unknown) => error)) as StatusError;
  expect(status).toMatchObject({ status: 'Failure', metadata: { continue: 'x' }, message: `${DENIED}: odd` });
});

test('who has authorities that are no certificates is not called', async () => {
  const { url } = server.clientConfig;
  const [webhook, rules] = [
    'w.example.com',
    [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['secrets'] }],
  ];
  await t.create(
    'validatingwebhookconfigurations.admissionregistration.k8s.io',
    {
      metadata: { name: 'untrusted' },
      webhooks: [
        {
          name: webhook,
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          clientConfig: { url, caBundle: base64('no certificate') },
          rules,
        },
      ],
    },
    '',
  );
  const why = 'could not get REST client: unable to load root certificates: unable to parse bytes as PEM block';
  expect(await refusal(t.create('secrets', { metadata: { name: 's' } }))).toMatchObject({
    message: `Internal error occurred: failed calling webhook "${webhook}": ${why}`,
  });
});

test.each([
  ['/a/', '/a'],
  ['//a//b/', '/a/b'],
  ['/', '/'],
])('a webhook at %s is called at %s', (asked, called) => {
  expect(shownUrl({ url: `https://h.example.com${asked}` }).pathname).toBe(called);
});
