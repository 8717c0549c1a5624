import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { admin } from '../api/support.ts';
import { TestGraphQL } from './mutations/support.ts';

/** No double holds it: 2^53 + 3. */
const BIG = '9007199254740995';

let g: TestGraphQL;
let server: Server;
let url: string;
beforeAll(async () => {
  g = await TestGraphQL.open();
  server = createServer((req, res) => void g.graphql.handler(req, res, g.t.ctx(admin)));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await g.close();
});

const headers = { 'content-type': 'application/json' };
const post = async (query: string, variables: string): Promise<string> =>
  (
    await fetch(url, { method: 'POST', headers, body: `{"query":${JSON.stringify(query)},"variables":${variables}}` })
  ).text();

let made = 0;
const CREATE = `mutation ($name: String, $n: Int64) {
  createPod(namespace: "t", dryRun: true, input: {
    metadata: { name: $name }, spec: { terminationGracePeriodSeconds: $n, containers: [{ name: "c", image: "i" }] }
  }) { spec { terminationGracePeriodSeconds } }
}`;
const CREATE_INPUT = `mutation ($input: PodInput) {
  createPod(namespace: "t", dryRun: true, input: $input) { spec { terminationGracePeriodSeconds } }
}`;
const CREATE_OBJECT = `mutation ($object: JSON!) {
  createObject(resource: "pods", namespace: "t", dryRun: true, object: $object)
}`;
const pod = (n: string): string =>
  `{"metadata":{"name":"p${++made}"},"spec":{"terminationGracePeriodSeconds":${n},"containers":[{"name":"c","image":"i"}]}}`;

test.each([
  [BIG, BIG],
  [`"${BIG}"`, BIG],
  ['9223372036854775807', '9223372036854775807'],
  ['9007199254740993', '9007199254740993'],
  ['12', '12'],
])('a variable of Int64 over HTTP: %s is held as %s', async (said, held) => {
  const told = `"terminationGracePeriodSeconds":${held}}`;
  expect(await post(CREATE, `{"name":"p${++made}","n":${said}}`)).toContain(told);
  expect(await post(CREATE_INPUT, `{"input":${pod(said)}}`)).toContain(told);
  const get = new URLSearchParams({
    query:
      'query ($n: Int64) { pods(namespace: "t", where: { spec: { terminationGracePeriodSeconds: { eq: $n } } }) { totalCount } }',
    variables: `{"n":${said}}`,
  });
  expect(await (await fetch(`${url}?${String(get)}`, { headers: { accept: 'application/json' } })).text()).toContain(
    '"totalCount":0',
  );
  if (said.startsWith('"')) return;
  expect(await post(CREATE_OBJECT, `{"object":${pod(said)}}`)).toMatch(
    new RegExp(`"terminationGracePeriodSeconds":${held}[,}]`),
  );
});

test.each([
  '1.5e300',
  '1e16',
  '1.5',
  `${BIG}.0`,
  '9223372036854775808',
  '"9223372036854775808"',
  '-9223372036854775809',
  '"1e3"',
  '" 12"',
  'true',
])('a variable of Int64 that cannot be held exactly is refused: %s', async (said) => {
  for (const answer of [
    await post(CREATE, `{"name":"p${++made}","n":${said}}`),
    await post(CREATE_INPUT, `{"input":${pod(said)}}`),
  ]) {
    expect(answer).toContain('Int64 cannot represent');
    expect(answer).not.toContain('"data":{"createPod":{');
  }
});

test.each([
  '1.00000000000000000001',
  '0.99999999999999999999',
  '10000000000000000.5e-15',
  '9007199254740991.9',
  '1e-400',
])('a number that would be taken as an integer and is none is refused: %s', async (said) => {
  for (const answer of [
    await post(CREATE, `{"name":"p${++made}","n":${said}}`),
    await post(CREATE_INPUT, `{"input":${pod(said)}}`),
    await post(CREATE_OBJECT, `{"object":${pod(said)}}`),
    await post(
      CREATE.replace('$n }', `${said} }`).replace('$n,', `${said},`).replace(', $n: Int64', ''),
      '{"name":"l"}',
    ),
  ])
    expect(answer).toContain('cannot be held exactly');
});

test.each(['1.0', '1e0', '10.00e-1', '0.0', '-0.0', '0e9', '0.5'])(
  'a number that a double holds is none of them: %s',
  async (said) => {
    expect(await post(CREATE, `{"name":"p${++made}","n":${said}}`)).not.toContain('is no integer');
  },
);

test('a filter compares integers of 64 bits exactly', async () => {
  const { data } = JSON.parse(await post(CREATE.replace(', dryRun: true', ''), `{"name":"big","n":${BIG}}`)) as {
    data: { createPod: object | null };
  };
  expect(data.createPod).not.toBeNull();
  const count = async (word: string, n: string): Promise<string | undefined> => {
    const query = `query ($n: Int64) { pods(namespace: "t", where: { spec: { terminationGracePeriodSeconds: { ${word}: $n } } }) { totalCount } }`;
    return /"totalCount":(\d+)/.exec(await post(query, `{"n":${n}}`))?.[1];
  };
  expect(await count('eq', '9007199254740994')).toBe('0');
  expect(await count('eq', '9007199254740996')).toBe('0');
  expect(await count('eq', BIG)).toBe('1');
  expect(await count('gt', '9007199254740994')).toBe('1');
  expect(await count('lt', '"9007199254740996"')).toBe('1');
});
