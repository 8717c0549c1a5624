import { readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { eventually, startCluster, type Cluster } from '../e2e/support/cluster.ts';
import { bystander, type Bystander, type Credentials } from './support/bystander.ts';

/**
 * Expressions that cost much: what the server says when one is written, and when it runs. Meanwhile somebody else asks for
 * a small object again and again.
 */
/** ms that another user waits at most on any machine. */
const MAX_WAIT_MS = 1000;
/** Bytes by which the server may grow. */
const MAX_GROWTH = 200_000_000;

const CRD = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const BURNERS = '/apis/cel.io/v1/namespaces/default/burners';
const MAPS = '/api/v1/namespaces/default/configmaps';
const CLAIMS = '/apis/resource.k8s.io/v1/namespaces/default/resourceclaims';
const POLICIES = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
const HELP =
  '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)';

const definition = (plural: string, kind: string, spec: object): object => ({
  metadata: { name: `${plural}.cel.io` },
  spec: {
    group: 'cel.io',
    scope: 'Namespaced',
    names: { plural, kind },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
      },
    ],
  },
});
const rules = (...all: string[]): object[] => all.map((rule) => ({ rule, message: 'no' }));
const numbers = (maxItems?: number): object => ({
  type: 'array',
  items: { type: 'integer' },
  ...(maxItems !== undefined && { maxItems }),
});
/** Each item with each, which costs 7 for a pair. */
const pairs = (least: number): string => `self.l.all(x, self.l.all(y, x + y >= ${least}))`;
const ruled = (list: object, ...all: string[]): object =>
  definition('ruleds', 'Ruled', {
    type: 'object',
    properties: { l: list, s: { type: 'string' } },
    'x-kubernetes-validations': rules(...all),
  });
const burner = (items: number): object => ({
  apiVersion: 'cel.io/v1',
  kind: 'Burner',
  metadata: { generateName: 'b-' },
  spec: { l: Array.from({ length: items }, (_, i) => i) },
});
const claim = (expressions: string[]): object => ({
  metadata: { generateName: 'c-' },
  spec: {
    devices: {
      requests: [
        {
          name: 'r',
          exactly: { deviceClassName: 'd', selectors: expressions.map((expression) => ({ cel: { expression } })) },
        },
      ],
    },
  },
});
const configMap = (keys: number): object => ({
  metadata: { generateName: 'm-' },
  data: Object.fromEntries(Array.from({ length: keys }, (_, i) => [`k${i}`, 'v'])),
});
const long = (n: number): string =>
  `[${n}.5, ${Array.from({ length: 9500 }, (_, i) => `-${i + 10_000}.5`).join(', ')}].size() > 0`;
const policy = {
  metadata: { name: 'burn' },
  spec: {
    matchConstraints: {
      resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
    },
    validations: [{ expression: '!has(object.data) || object.data.all(k, object.data.all(j, k != j || true))' }],
  },
};
/** A megabyte of expressions, none of them like another. */
const longPolicy = {
  metadata: { name: 'long' },
  spec: {
    ...policy.spec,
    variables: Array.from({ length: 6 }, (_, i) => ({ name: `v${i}`, expression: long(i) })),
    validations: Array.from({ length: 6 }, (_, i) => ({ expression: long(i + 6) })),
  },
};
const binding = { metadata: { name: 'burn' }, spec: { policyName: 'burn', validationActions: ['Deny'] } };

interface Answer {
  status: number;
  text: string;
}
const pem = (text: string): string => Buffer.from(text, 'base64').toString();
let cluster: Cluster;
let other: Bystander;
let agent: https.Agent;

function post(path: string, body: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) };
    const req = https.request(`${cluster.url}${path}`, { method: 'POST', agent, headers }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      res.on('error', reject);
    });
    req.on('error', reject);
    req.end(text);
  });
}

type Attack = [name: string, path: string, body: () => object, status: number, says: string];
const LIMIT_REACHED =
  "'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: no";

const attacks: Attack[] = [
  [
    'a rule over a list without a bound',
    CRD,
    () => ruled(numbers(), pairs(0)),
    422,
    `estimated rule cost exceeds budget by factor of more than 100x ${HELP}`,
  ],
  [
    'a rule that is a little too costly',
    CRD,
    () => ruled(numbers(1300), pairs(0)),
    422,
    `estimated rule cost exceeds budget by factor of 1.183780x ${HELP}`,
  ],
  [
    'rules that are too costly together',
    CRD,
    () => ruled(numbers(1000), ...Array.from({ length: 15 }, (_, i) => pairs(-i))),
    422,
    `x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of 1.050`,
  ],
  [
    'a rule that searches a text without a bound for another',
    CRD,
    () => ruled(numbers(1), 'self.s.contains(self.s)'),
    422,
    'estimated rule cost exceeds budget by factor of more than 100x',
  ],
  [
    'a rule of 300 brackets',
    CRD,
    () => ruled(numbers(1), `${'('.repeat(300)}true${')'.repeat(300)}`),
    422,
    'compilation failed: ERROR: <input>:-1:0: expression recursion limit exceeded: 250',
  ],
  [
    'a rule of 300 terms',
    CRD,
    () => ruled(numbers(1), `${Array.from({ length: 300 }, () => '1').join(' + ')} > 0`),
    422,
    'compilation failed: ERROR: <input>:-1:0: max recursion depth exceeded',
  ],
  [
    'a rule of 100,001 characters',
    CRD,
    () => ruled(numbers(1), `true${' '.repeat(99_996)}!`),
    422,
    'expression code point size exceeds limit: size: 100001, limit 100000',
  ],
  [
    'a rule of 100,000 characters that is none',
    CRD,
    () => ruled(numbers(1), '(a '.repeat(33_333)),
    422,
    'compilation failed: ERROR: ',
  ],
  [
    'a rule whose variables double a type again and again',
    CRD,
    () =>
      ruled(
        numbers(1),
        `${Array.from({ length: 60 }, (_, i) => `optional.of(${i ? `{'a': v${i - 1}, 'b': v${i - 1}}` : '1'}).optMap(v${i}, `).join('')}true${')'.repeat(60)}.hasValue()`,
      ),
    201,
    '',
  ],
  ['an object whose rule costs more than one may', BURNERS, () => burner(900), 422, LIMIT_REACHED],
  [
    'an object whose rules cost more than all may',
    BURNERS,
    () => burner(370),
    422,
    'validation failed due to running out of cost budget, no further validation rules will be run',
  ],
  ['an object whose rules are cheap', BURNERS, () => burner(9), 201, ''],
  [
    'a claim with 32 long selectors',
    CLAIMS,
    () =>
      claim(
        Array.from({ length: 32 }, (_, i) =>
          Array.from({ length: 300 }, (__, j) => `device.driver != "${i}-${j}"`).join(' && '),
        ),
      ),
    201,
    '',
  ],
  [
    'a claim with a selector that is too costly',
    CLAIMS,
    () =>
      claim([
        'device.attributes.all(a, device.attributes.all(b, device.attributes.all(c, device.attributes.all(d, a + b == c + d))))',
      ]),
    422,
    'too complex, exceeds cost limit',
  ],
  [
    'an object that burns what a policy may',
    MAPS,
    () => configMap(900),
    422,
    'resulted in error: operation cancelled: actual cost limit exceeded',
  ],
  ['a policy with twelve expressions of 95,000 characters', POLICIES, () => longPolicy, 201, ''],
];

describe('expressions', () => {
  beforeAll(async () => {
    cluster = await startCluster(['--roles', 'api']);
    const config = parse(readFileSync(cluster.kubeconfig, 'utf8')) as {
      clusters: [{ cluster: Record<string, string> }];
      users: [{ user: Record<string, string> }];
    };
    const [{ user }] = config.users;
    const credentials: Credentials = {
      ca: pem(config.clusters[0].cluster['certificate-authority-data'] ?? ''),
      cert: pem(user['client-certificate-data'] ?? ''),
      key: pem(user['client-key-data'] ?? ''),
    };
    agent = new https.Agent({ keepAlive: true, maxSockets: 4, ...credentials });
    other = bystander(`${cluster.url}/api/v1/namespaces/default`, cluster.process.pid ?? 0, credentials, (pid) =>
      writeFileSync(`/proc/${pid}/clear_refs`, '5'),
    );
    const all = Array.from({ length: 12 }, (_, i) => pairs(-i));
    const burners = definition('burners', 'Burner', {
      type: 'object',
      properties: { l: numbers(1000) },
      'x-kubernetes-validations': rules(...all),
    });
    expect((await post(CRD, burners)).status).toBe(201);
    expect((await post(POLICIES, policy)).status).toBe(201);
    expect((await post(`${POLICIES.replace('policies', 'policybindings')}`, binding)).status).toBe(201);
    await eventually(
      () => post(BURNERS, burner(1)),
      ({ status }) => status === 201,
    );
    await eventually(
      () => post(MAPS, configMap(900)),
      ({ status }) => status === 422,
    );
  });
  afterAll(async () => {
    await other.stop();
    agent.destroy();
    await cluster.stop();
  });

  it.each(attacks)('%s', async (_, path, body, status, says) => {
    const { result, harm } = await other.during(() => post(path, body()));
    expect({ status: result.status, text: result.text }).toEqual({
      status,
      text: expect.stringContaining(JSON.stringify(says).slice(1, -1)),
    });
    expect(harm.slowest).toBeLessThan(MAX_WAIT_MS);
    expect(harm.grown).toBeLessThan(MAX_GROWTH);
  });
});
