import { expect, test } from 'vitest';
import { changeRefusals, created, refusals } from './refusals.ts';
import { at } from '../../support/at.ts';

const CLAIMS = 'resourceclaims.resource.k8s.io';
const exactly = { deviceClassName: 'c' };
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const NO_REQUEST =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
const compile = (words: string, expression: string, column: number) =>
  `compilation failed: ERROR: <input>:1:${column}: ${words}\n | ${expression}\n | ${'.'.repeat(column - 1)}^`;
const withSelector = (expression: string) => ({
  requests: [{ name: 'r', exactly: { ...exactly, selectors: [{ cel: { expression } }] } }],
});

test.each([
  [{ requests: [{ name: 'r', exactly }] }, []],
  [
    { requests: [{ name: 'r' }, { name: 'r', exactly, firstAvailable: [{ name: 's', ...exactly }] }] },
    [
      'requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
      'requests[1]: Duplicate value: "r"',
      'requests[1]: Invalid value: null: exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set',
    ],
  ],
  [
    { requests: [{ exactly: { allocationMode: 'All', count: 2 } }] },
    [
      "requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'",
      'requests[0].exactly.deviceClassName: Required value',
      `requests[0].name: Invalid value: "": ${LABEL}`,
    ],
  ],
  [
    { requests: [{ name: 'r', exactly: { ...exactly, allocationMode: 'Some' } }] },
    ['requests[0].exactly.allocationMode: Unsupported value: "Some": supported values: "All", "ExactCount"'],
  ],
  [withSelector('device.driver == "d" && device.attributes["d"].model == "m"'), []],
  [withSelector('device.attributes["d"].model'), []],
  [withSelector('device.attributes["d"].model.contains("m")'), []],
  [
    withSelector('1'),
    [
      'requests[0].exactly.selectors[0].cel.expression: Invalid value: "1": must evaluate to bool or the unknown type, not int',
    ],
  ],
  [
    withSelector('dev.x'),
    [
      `requests[0].exactly.selectors[0].cel.expression: Invalid value: "dev.x": ${compile("undeclared reference to 'dev' (in container '')", 'dev.x', 1)}`,
    ],
  ],
  [
    { requests: [{ name: 'r', exactly: { ...exactly, selectors: [{}] } }] },
    ['requests[0].exactly.selectors[0].cel: Required value'],
  ],
  [
    { requests: [{ name: 'r', exactly }], constraints: [{ requests: ['x'] }, { matchAttribute: 'a' }] },
    [
      'constraints[0].matchAttribute: Required value',
      `constraints[0].requests[0]: Invalid value: "x": ${NO_REQUEST}`,
      'constraints[1].matchAttribute: Invalid value: "a": a fully qualified name must be a domain and a name separated by a slash',
    ],
  ],
  [
    { config: [{}, { opaque: { driver: 'd', parameters: [] } }] },
    [
      'config[0].opaque: Required value',
      'config[1].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object',
    ],
  ],
])('a claim %#', (devices, wanted) => {
  expect(refusals(CLAIMS, { spec: { devices } })).toEqual(wanted.map((line) => `spec.devices.${line}`));
});

test('one device is asked for unless it is said how many', () => {
  const spec = {
    devices: { requests: [{ name: 'r', exactly: { ...exactly, tolerations: [{ operator: 'Exists' }] } }] },
  };
  expect(at(created(CLAIMS, { spec }), 'spec.devices.requests.0.exactly')).toEqual({
    ...exactly,
    allocationMode: 'ExactCount',
    count: 1,
  });
});

test('what is allocated is of the claim, and stays', () => {
  const spec = { devices: { requests: [{ name: 'r', exactly }] } };
  const result = { request: 'r', driver: 'd', pool: 'p', device: 'v' };
  const status = (of: object) => changeRefusals(CLAIMS, { spec }, { spec, status: of }, 'status');
  expect(
    status({
      allocation: { devices: { results: [result] } },
      reservedFor: [{ resource: 'pods', name: 'a', uid: '1' }],
      devices: [{ driver: 'd', pool: 'p', device: 'v' }],
    }),
  ).toEqual([]);
  expect(status({ reservedFor: [{ resource: 'pods', name: 'a', uid: '1' }] })).toEqual([
    'status.reservedFor: Forbidden: may not be specified when `allocated` is not set',
  ]);
  expect(
    status({
      allocation: { devices: { results: [{ ...result, request: 'x' }] } },
      devices: [{ driver: 'd', pool: 'p', device: 'w' }],
    }),
  ).toEqual([
    `status.allocation.devices.results[0].request: Invalid value: "x": ${NO_REQUEST}`,
    'status.devices[0]: Invalid value: {"Driver":"d","Pool":"p","Device":"w","ShareID":""}: must be an allocated device in the claim',
  ]);
});

const slice = { driver: 'd', pool: { name: 'p', resourceSliceCount: 1 }, nodeName: 'n' };
const ONE_PLACE = 'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required';
test.each([
  [{}, []],
  [{ nodeName: undefined }, [`spec: Required value: ${ONE_PLACE}`]],
  [{ devices: [{ name: 'a', attributes: { 'x.example.com/v': { version: '1.0.0-rc.1+b' } } }] }, []],
  [
    { allNodes: true },
    ['spec: Invalid value: "{`nodeName`, `allNodes`}": ' + `${ONE_PLACE}, but multiple fields are set`],
  ],
  [
    { pool: { generation: -1 } },
    [
      'spec.pool.generation: Invalid value: -1: must be greater than or equal to zero',
      'spec.pool.name: Required value',
      'spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero',
    ],
  ],
  [
    {
      devices: [
        { name: 'a', attributes: { m: { int: 1, string: 'x' }, v: { version: '1' } } },
        { name: 'a', capacity: { '/x': { value: '1' } } },
      ],
    },
    [
      'spec.devices[0].attributes[m]: Invalid value: {"IntValue":1,"BoolValue":null,"StringValue":"x","VersionValue":null}: exactly one value must be specified',
      'spec.devices[0].attributes[v].version: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0',
      'spec.devices[1]: Duplicate value: "a"',
      'spec.devices[1].capacity: Invalid value: "": the domain must not be empty',
    ],
  ],
])('a slice %#', (change, wanted) => {
  expect(refusals('resourceslices.resource.k8s.io', { spec: { ...slice, ...change } })).toEqual([...wanted].sort());
});
