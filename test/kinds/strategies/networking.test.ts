import { describe, expect, test } from 'vitest';
import { rulesOf } from './support.ts';

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

describe('an Ingress', () => {
  const { create, update, status, warnings } = rulesOf('networking.k8s.io', 'v1', 'ingresses');
  const backend = { service: { name: 's', port: { number: 80 } } };
  const withBackend = (defaultBackend: object) => ({ defaultBackend });
  const withPath = (path: object) => ({
    rules: [{ http: { paths: [{ pathType: 'Prefix', path: '/', backend, ...path }] } }],
  });
  const PATH = 'spec.rules[0].http.paths[0]';

  test.each<[string, Record<string, unknown>, string[]]>([
    ['is good with a backend', withBackend(backend), []],
    [
      'leads somewhere',
      { rules: [] },
      ['spec: Invalid value: []: either `defaultBackend` or `rules` must be specified'],
    ],
    [
      'leads to a service or a resource',
      withBackend({}),
      ['spec.defaultBackend: Invalid value: "": resource or service backend is required'],
    ],
    [
      'leads to one of them',
      withBackend({ ...backend, resource: { kind: 'K', name: 'n' } }),
      ['spec.defaultBackend: Invalid value: "": cannot set both resource and service backends'],
    ],
    [
      'names a resource wholly',
      withBackend({ resource: { apiGroup: 'A', kind: 'a/b' } }),
      [
        `spec.defaultBackend.resource.apiGroup: Invalid value: "A": ${SUBDOMAIN}`,
        'spec.defaultBackend.resource.kind: Invalid value: "a/b": may not contain \'/\'',
        'spec.defaultBackend.resource.name: Required value',
      ],
    ],
    [
      'names a port or a number',
      withBackend({ service: { name: 's' } }),
      ['spec.defaultBackend: Required value: port name or number is required'],
    ],
    [
      'names one of them',
      withBackend({ service: { name: 's', port: { name: 'http', number: 80 } } }),
      ['spec.defaultBackend: Invalid value: "": cannot set both port name & port number'],
    ],
    [
      'has a port that there is',
      withBackend({ service: { name: 's', port: { number: 70000 } } }),
      ['spec.defaultBackend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive'],
    ],
    [
      'has a type of path',
      withPath({ pathType: undefined }),
      [`${PATH}.pathType: Required value: pathType must be specified`],
    ],
    [
      'knows three types',
      withPath({ pathType: 'X' }),
      [`${PATH}.pathType: Unsupported value: "X": supported values: "Exact", "ImplementationSpecific", "Prefix"`],
    ],
    [
      'has plain paths',
      withPath({ path: 'a//b/..' }),
      [
        `${PATH}.path: Invalid value: "a//b/..": must be an absolute path`,
        `${PATH}.path: Invalid value: "a//b/..": must not contain '//'`,
        `${PATH}.path: Invalid value: "a//b/..": cannot end with '/..'`,
      ],
    ],
    ['leaves paths to who implements them', withPath({ pathType: 'ImplementationSpecific', path: '/a//b' }), []],
    [
      'has paths where it speaks of HTTP',
      { rules: [{ http: { paths: [] } }] },
      ['spec.rules[0].http.paths: Required value'],
    ],
    [
      'has hosts by name',
      { rules: [{ host: '1.2.3.4' }] },
      ['spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address'],
    ],
    [
      'has TLS for hosts',
      { ...withBackend(backend), tls: [{ hosts: ['A'], secretName: 'B' }] },
      [
        `spec.tls[0].hosts[0]: Invalid value: "A": ${SUBDOMAIN}`,
        `spec.tls[0].secretName: Invalid value: "B": ${SUBDOMAIN}`,
      ],
    ],
    [
      'has a class by name',
      { ...withBackend(backend), ingressClassName: 'A' },
      [`spec.ingressClassName: Invalid value: "A": ${SUBDOMAIN}`],
    ],
  ])('%s', (_, spec, errors) => expect(create({ spec })).toEqual(errors));

  test('names one class when it is made', () => {
    const spec = { ...withBackend(backend), ingressClassName: 'b' };
    const annotations = { 'kubernetes.io/ingress.class': 'a' };
    expect(create({ spec }, { annotations })).toEqual([
      'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified',
    ]);
    expect(update({ spec }, { spec }, { annotations })).toEqual([]);
    expect(warnings({ spec: withBackend(backend) }, { annotations })).toEqual([
      'annotation "kubernetes.io/ingress.class" is deprecated, please use \'spec.ingressClassName\' instead',
    ]);
  });
  test('is reached at addresses and names', () => {
    expect(
      status({ spec: withBackend(backend) }, {}, { loadBalancer: { ingress: [{ ip: 'x' }, { hostname: '1.2.3.4' }] } }),
    ).toEqual([
      'status.loadBalancer.ingress[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'status.loadBalancer.ingress[1].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
    ]);
  });
});

describe('an IngressClass', () => {
  const { create, update } = rulesOf('networking.k8s.io', 'v1', 'ingressclasses');
  const controller = 'example.com/c';
  test.each<[string, Record<string, unknown>, string[]]>([
    ['is good with a controller', { controller, parameters: { kind: 'K', name: 'n' } }, []],
    ['needs a controller', {}, ['spec.controller: Required value']],
    [
      'has one with a domain',
      { controller: 'c' },
      ['spec.controller: Invalid value: "c": must be a domain-prefixed path (such as "acme.io/foo")'],
    ],
    [
      'has one of a certain form',
      { controller: 'a.b/c d' },
      [
        "spec.controller: Invalid value: \"c d\": Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')",
      ],
    ],
    [
      'has parameters in a namespace',
      { controller, parameters: { kind: 'K', name: 'n', scope: 'Namespace' } },
      ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
    ],
    [
      'has parameters of the cluster',
      { controller, parameters: { kind: 'K', name: 'n', namespace: 'x' } },
      ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
    ],
    [
      'knows two scopes',
      { controller, parameters: { kind: 'K', name: 'n', scope: 'X' } },
      ['spec.parameters.scope: Unsupported value: "X": supported values: "Cluster", "Namespace"'],
    ],
  ])('%s', (_, spec, errors) => expect(create({ spec }, { namespace: undefined })).toEqual(errors));
  test('keeps its controller', () => {
    expect(update({ spec: { controller } }, { spec: { controller: 'a.b/d' } }, { namespace: undefined })).toEqual([
      'spec.controller: Invalid value: "a.b/d": field is immutable',
    ]);
  });
});

describe('a NetworkPolicy', () => {
  const { create, stored, warnings } = rulesOf('networking.k8s.io', 'v1', 'networkpolicies');
  const from = (...peers: object[]) => ({ podSelector: {}, ingress: [{ from: peers }] });
  const ports = (...list: object[]) => ({ podSelector: {}, egress: [{ ports: list }] });
  const FROM = 'spec.ingress[0].from[0]';
  const PORT = 'spec.egress[0].ports[0]';
  test.each<[string, Record<string, unknown>, string[]]>([
    ['is good with a selector', { podSelector: {} }, []],
    ['names a peer', from({}), [`${FROM}: Required value: must specify a peer`]],
    [
      'names one kind of peer',
      from({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }),
      [`${FROM}: Forbidden: may not specify both ipBlock and another peer`],
    ],
    ['names a block', from({ ipBlock: {} }), [`${FROM}.ipBlock.cidr: Required value`]],
    [
      'leaves out parts of a block',
      from({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '11.0.0.0/16', '10.0.0.0/8', 'x'] } }),
      [
        `${FROM}.ipBlock.except[1]: Invalid value: "11.0.0.0/16": must be a strict subset of \`cidr\``,
        `${FROM}.ipBlock.except[2]: Invalid value: "10.0.0.0/8": must be a strict subset of \`cidr\``,
        `${FROM}.ipBlock.except[3]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`,
      ],
    ],
    [
      'has a port for its end',
      ports({ endPort: 5 }),
      [`${PORT}.endPort: Invalid value: 5: may not be specified when \`port\` is not specified`],
    ],
    [
      'has a number for its end',
      ports({ port: 'http', endPort: 5 }),
      [`${PORT}.endPort: Invalid value: 5: may not be specified when \`port\` is non-numeric`],
    ],
    [
      'ends where ports do',
      ports({ port: 80, endPort: 70000 }),
      [`${PORT}.endPort: Invalid value: 70000: must be between 1 and 65535, inclusive`],
    ],
    [
      'knows three protocols',
      ports({ protocol: 'X' }),
      [`${PORT}.protocol: Unsupported value: "X": supported values: "TCP", "UDP", "SCTP"`],
    ],
    [
      'knows two types',
      { podSelector: {}, policyTypes: ['X'] },
      ['spec.policyTypes[0]: Unsupported value: "X": supported values: "Ingress", "Egress"'],
    ],
    [
      'has no more than two',
      { podSelector: {}, policyTypes: ['Ingress', 'Egress', 'Egress'] },
      ['spec.policyTypes: Invalid value: ["Ingress","Egress","Egress"]: may not specify more than two policyTypes'],
    ],
  ])('%s', (_, spec, errors) => expect(create({ spec })).toEqual(errors));
  test('is of the types that it has rules for', () => {
    expect(stored({ spec: ports({ port: 80 }) }).spec).toMatchObject({
      policyTypes: ['Ingress', 'Egress'],
      egress: [{ ports: [{ protocol: 'TCP', port: 80 }] }],
    });
    expect(warnings({ spec: from({ ipBlock: { cidr: '10.1.2.3/8' } }) })).toEqual([
      `${FROM}.ipBlock.cidr: CIDR value "10.1.2.3/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.1.2.3/32"?)`,
    ]);
  });
});

describe('an IPAddress', () => {
  const { create, update } = rulesOf('networking.k8s.io', 'v1', 'ipaddresses');
  const parentRef = { resource: 'services', namespace: 'n', name: 's' };
  test('belongs to an object for good', () => {
    expect(create({ spec: { parentRef } }, { name: '10.0.0.1' })).toEqual([]);
    expect(create({}, { name: '10.0.0.1' })).toEqual(['spec.parentRef: Required value']);
    expect(create({ spec: { parentRef: {} } }, { name: '10.0.0.1' })).toEqual([
      'spec.parentRef.resource: Required value',
      'spec.parentRef.name: Required value',
    ]);
    expect(
      update(
        { spec: { parentRef } },
        { spec: { parentRef: { ...parentRef, name: 't' } } },
        { name: '10.0.0.1', namespace: undefined },
      ),
    ).toEqual([
      'spec.parentRef: Invalid value: {"Group":"","Resource":"services","Namespace":"n","Name":"t"}: field is immutable',
    ]);
  });
});

describe('a ServiceCIDR', () => {
  const { create } = rulesOf('networking.k8s.io', 'v1', 'servicecidrs');
  test.each<[string[], string[]]>([
    [['10.0.0.0/24'], []],
    [['10.0.0.0/24', '2001:db8::/64'], []],
    [[], ['spec.cidrs: Required value: at least one CIDR required']],
    [['a', 'b', 'c'], ['spec.cidrs: Invalid value: {"CIDRs":["a","b","c"]}: may only hold up to 2 values']],
    [
      ['10.0.0.0/24', '10.1.0.0/24'],
      [
        'spec.cidrs: Invalid value: {"CIDRs":["10.0.0.0/24","10.1.0.0/24"]}: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
      ],
    ],
    [['x'], ['spec.cidrs[0]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']],
    [
      ['010.0.0.0/24'],
      ['spec.cidrs[0]: Invalid value: "010.0.0.0/24": must not have leading 0s in IP or prefix length'],
    ],
    [['10.0.0.1/24'], ['spec.cidrs[0]: Invalid value: "10.0.0.1/24": must not have bits set beyond the prefix length']],
    [['2001:DB8::/64'], ['spec.cidrs[0]: Invalid value: "2001:DB8::/64": must be in canonical form ("2001:db8::/64")']],
  ])('of %j', (cidrs, errors) => expect(create({ spec: { cidrs } }, { namespace: undefined })).toEqual(errors));
});

describe('an EndpointSlice', () => {
  const { create, update, stored, warnings } = rulesOf('discovery.k8s.io', 'v1', 'endpointslices');
  const of = (addressType: string, ...addresses: string[]) => ({ addressType, endpoints: [{ addresses }] });
  const AT = 'endpoints[0].addresses[0]';
  test.each<[string, Record<string, unknown>, string[]]>([
    ['is good without ports', of('IPv4', '10.0.0.1'), []],
    ['has a type', { endpoints: [] }, ['addressType: Required value']],
    ['has addresses', of('IPv4'), ['endpoints[0].addresses: Required value: must contain at least 1 address']],
    [
      'has a bound on addresses',
      of('FQDN', ...Array.from({ length: 101 }, (_, i) => `a${i}.b`)),
      ['endpoints[0].addresses: Too many: 101: must have at most 100 items'],
    ],
    [
      'has addresses of its type',
      of('IPv4', '2001:db8::1'),
      [`${AT}: Invalid value: "2001:db8::1": must be an IPv4 address`],
    ],
    [
      'has addresses that others reach',
      of('IPv4', '127.0.0.1'),
      [`${AT}: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)`],
    ],
    [
      'has whole names',
      of('FQDN', 'a'),
      [`${AT}: Invalid value: "a": should be a domain with at least two segments separated by dots`],
    ],
    [
      'names a port once',
      { ...of('IPv4', '10.0.0.1'), ports: [{ port: 1 }, { port: 2 }] },
      ['ports[1].name: Duplicate value: ""'],
    ],
    [
      'knows three protocols',
      { ...of('IPv4', '10.0.0.1'), ports: [{ protocol: 'X' }] },
      ['ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"'],
    ],
    [
      'hints at zones once',
      {
        addressType: 'IPv4',
        endpoints: [{ addresses: ['10.0.0.1'], hints: { forZones: [{ name: 'a' }, { name: 'a' }] } }],
      },
      ['endpoints[0].hints.forZones[1].name: Duplicate value: "a"'],
    ],
    [
      'is on a node',
      { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'], nodeName: 'A' }] },
      [`endpoints[0].nodeName: Invalid value: "A": ${SUBDOMAIN}`],
    ],
  ])('%s', (_, fields, errors) => expect(create(fields)).toEqual(errors));
  test('keeps its type and no topology', () => {
    expect(update(of('IPv4', '10.0.0.1'), of('IPv6', '2001:db8::1'))).toEqual([
      'addressType: Invalid value: "IPv6": field is immutable',
    ]);
    const object = stored({
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.1'], deprecatedTopology: { a: 'b' } }],
      ports: [{ port: 80 }],
    });
    expect(object['endpoints']).toEqual([{ addresses: ['10.0.0.1'], conditions: {} }]);
    expect(object['ports']).toEqual([{ name: '', protocol: 'TCP', port: 80 }]);
    expect(warnings(of('FQDN', 'a.b'))).toEqual(['spec.addressType: FQDN endpoints are deprecated']);
  });
});

describe('a PodDisruptionBudget', () => {
  const { create, status } = rulesOf('policy', 'v1', 'poddisruptionbudgets');
  test.each<[string, Record<string, unknown>, string[]]>([
    ['is good with a share', { minAvailable: '50%' }, []],
    [
      'has one of two bounds',
      { minAvailable: 1, maxUnavailable: '10%', selector: { matchLabels: { b: '1', a: '2' } } },
      [
        'spec: Invalid value: {"MinAvailable":1,"Selector":{"matchLabels":{"a":"2","b":"1"}},"MaxUnavailable":"10%","UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
      ],
    ],
    [
      'has no more than all',
      { maxUnavailable: '101%' },
      ['spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
    ],
    [
      'is not negative',
      { minAvailable: -1 },
      ['spec.minAvailable: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'knows two policies',
      { unhealthyPodEvictionPolicy: 'X' },
      ['spec.unhealthyPodEvictionPolicy: Unsupported value: "X": supported values: "AlwaysAllow", "IfHealthyBudget"'],
    ],
  ])('%s', (_, spec, errors) => expect(create({ spec })).toEqual(errors));
  test('has complete conditions', () => {
    expect(
      status(
        { spec: {} },
        {},
        {
          disruptionsAllowed: -1,
          conditions: [
            { type: 'A', status: 'X' },
            { type: 'A', status: 'True', lastTransitionTime: '2025-01-01T00:00:00Z', reason: '1' },
          ],
        },
      ),
    ).toEqual([
      'status.conditions[0].status: Unsupported value: "X": supported values: "False", "True", "Unknown"',
      'status.conditions[0].lastTransitionTime: Required value',
      'status.conditions[0].reason: Required value',
      'status.conditions[1].type: Duplicate value: "A"',
      expect.stringMatching(
        /^status\.conditions\[1\]\.reason: Invalid value: "1": a condition reason must start with alphabetic character/,
      ),
      'status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0',
    ]);
  });
});

describe('a Lease', () => {
  const { create, stored } = rulesOf('coordination.k8s.io', 'v1', 'leases');
  test('lasts, and knows no coordinated election', () => {
    expect(create({ spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } })).toEqual([
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
      'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
    ]);
    expect(
      stored({ spec: { holderIdentity: 'me', strategy: 'OldestEmulationVersion', preferredHolder: 'you' } }).spec,
    ).toEqual({ holderIdentity: 'me' });
  });
});
