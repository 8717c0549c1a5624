import { describe, expect, test } from 'vitest';
import { facetOf } from '../../../dashboard/app/kinds/all.ts';
import { selectorText } from '../../../dashboard/app/kinds/texts.ts';
import { entriesOf } from '../../../dashboard/app/object/entries.ts';
import { factsOf } from '../../../dashboard/app/object/facts.ts';

const rowsOf = (resource: string, object: object) =>
  Object.fromEntries((facetOf({ resource }).panels ?? []).map(({ title, rows }) => [title, rows(object)]));

describe('tables of a summary', () => {
  test('of a role: what it lets one do', () => {
    const rules = [
      { apiGroups: ['', 'apps'], resources: ['pods', 'deployments'], verbs: ['get', 'list'] },
      { nonResourceURLs: ['/healthz'], verbs: ['get'] },
      { apiGroups: [''], resources: ['configmaps'], resourceNames: ['a'], verbs: ['update'] },
    ];
    for (const resource of ['roles', 'clusterroles'])
      expect(rowsOf(`${resource}.rbac.authorization.k8s.io`, { rules })).toEqual({
        Rules: [
          ['get, list', 'pods, deployments', 'core, apps', ''],
          ['get', '/healthz', '', ''],
          ['update', 'configmaps', 'core', 'a'],
        ],
      });
    expect(rowsOf('clusterroles.rbac.authorization.k8s.io', { rules: null })).toEqual({ Rules: [] });
  });

  test('of a network policy: whom it lets through, and which direction it closes', () => {
    const spec = {
      podSelector: { matchLabels: { app: 'web' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        {
          from: [
            { podSelector: { matchLabels: { role: 'front' } }, namespaceSelector: {} },
            { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
          ],
          ports: [{ protocol: 'TCP', port: 80 }, { port: 9000, endPort: 9100 }, { protocol: 'UDP' }],
        },
      ],
    };
    expect(rowsOf('networkpolicies.networking.k8s.io', { spec })).toEqual({
      'Of which pods': [['app=web']],
      'What is let through': [
        ['from', 'pods: role=front in namespaces: all; 10.0.0.0/8 but 10.1.0.0/16', '80/TCP, 9000–9100/TCP, all/UDP'],
        ['to', 'nothing', ''],
      ],
    });
    const open = { policyTypes: ['Egress'], egress: [{}] };
    expect(rowsOf('networkpolicies.networking.k8s.io', { spec: open })['What is let through']).toEqual([
      ['to', 'everything', 'all'],
    ]);
  });

  test('of an ingress: where each path leads', () => {
    const service = { name: 'web', port: { number: 80 } };
    const spec = {
      defaultBackend: { resource: { kind: 'Bucket', name: 'errors' } },
      rules: [
        { host: 'shop.example', http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service } }] } },
        { http: { paths: [{ pathType: 'Exact', backend: { service: { name: 'web', port: { name: 'http' } } } }] } },
        { host: 'empty.example' },
      ],
      tls: [{ hosts: ['a', 'b'], secretName: 's' }],
    };
    expect(rowsOf('ingresses.networking.k8s.io', { spec })).toEqual({
      Rules: [
        ['shop.example', '/', 'Prefix', 'web:80'],
        ['any', '', 'Exact', 'web:http'],
        ['all others', '', '', 'Bucket errors'],
      ],
      TLS: [['a, b', 's']],
    });
  });

  test('of an autoscaler: each measure beside what it is to be', () => {
    const spec = {
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
        { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'Value', value: '30' } } },
      ],
    };
    const status = {
      currentMetrics: [null, { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 12 } } }],
    };
    expect(rowsOf('horizontalpodautoscalers.autoscaling', { spec, status })).toEqual({
      'By what': [
        ['Resource', 'cpu', '12%', '70%'],
        ['External', 'queue', '', '30'],
      ],
    });
  });

  test('of addresses, quotas, ranges and bindings', () => {
    const endpoints = [
      { addresses: ['10.0.0.1'], conditions: { ready: false }, targetRef: { kind: 'Pod', name: 'a' } },
    ];
    expect(rowsOf('endpointslices.discovery.k8s.io', { ports: null, endpoints })).toEqual({
      Ports: [],
      Endpoints: [['10.0.0.1', 'no', 'Pod a', '', '']],
    });
    expect(rowsOf('resourcequotas', { spec: { hard: { pods: '5' } }, status: { used: { pods: '2' } } })).toEqual({
      'What may be used': [['pods', '2', '5']],
    });
    expect(rowsOf('limitranges', { spec: { limits: [{ type: 'Container', default: { cpu: '1' } }] } })).toEqual({
      Limits: [['Container', '', '', '', 'cpu=1']],
    });
    expect(rowsOf('rolebindings.rbac.authorization.k8s.io', { subjects: [{ kind: 'User', name: 'ann' }] })).toEqual({
      'Who has it': [['User', '', 'ann']],
    });
  });
});

test.each([
  [undefined, 'all'],
  [{}, 'all'],
  [
    { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'c', operator: 'In', values: ['d', 'e'] }] },
    'a=b, c in (d, e)',
  ],
  [
    {
      matchExpressions: [
        { key: 'a', operator: 'Exists' },
        { key: 'b', operator: 'DoesNotExist' },
      ],
    },
    'a, !b',
  ],
])('the selector %j reads %s', (selector, text) => expect(selectorText(selector)).toBe(text));

describe('facts of a summary', () => {
  test('are those that the kind names, where they are there', () => {
    const facts = factsOf(
      { provisioner: 'p', reclaimPolicy: 'Retain' },
      facetOf({ resource: 'storageclasses.storage.k8s.io' }),
    );
    expect(facts).toEqual([
      ['Provisioner', ['p']],
      ['When released', ['Retain']],
    ]);
  });

  test('of a kind that names none are what stands right below spec and status', () => {
    const object = { spec: { size: 3, on: false, deep: { a: 1 }, empty: '' }, status: { phase: 'Afloat' } };
    expect(factsOf(object, facetOf({ resource: 'boats.example.com' }))).toEqual([
      ['spec.size', ['3']],
      ['spec.on', ['false']],
      ['status.phase', ['Afloat']],
    ]);
    expect(factsOf({ spec: 'text', status: null }, facetOf({ resource: 'boats.example.com' }))).toEqual([]);
  });
});

describe('entries', () => {
  test('of a ConfigMap are its texts, and what is none, by their keys', () =>
    expect(entriesOf({ data: { b: 'é' }, binaryData: { a: '/w==' } }, false)).toEqual([
      { key: 'a', size: 1, text: undefined },
      { key: 'b', size: 2, text: 'é' },
    ]));

  test('of a Secret are decoded', () =>
    expect(entriesOf({ data: { user: 'YWRtaW4=', key: '/wA=' } }, true)).toEqual([
      { key: 'key', size: 2, text: undefined },
      { key: 'user', size: 5, text: 'admin' },
    ]));

  test('of nothing are none', () => expect(entriesOf({ data: null }, true)).toEqual([]));
});
