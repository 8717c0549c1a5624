import { latest } from '../lateness.ts';
import type { Bench, Row } from '../row.ts';

/** ms that anything else may have to wait for, whatever one client asks */
const GOAL = 50;

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const METADATA = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json';
const PROTOBUF = 'application/vnd.kubernetes.protobuf';
type Headers = Record<string, string>;

/** Every form in which a whole collection can be had, and the ways to select of it. */
const LISTS: readonly [query: string, headers: Headers][] = [
  ['', {}],
  ['', { 'accept-encoding': 'gzip' }],
  ['?pretty=true', {}],
  ['', { accept: TABLE }],
  ['', { accept: METADATA }],
  ['', { accept: PROTOBUF }],
  // a document takes milliseconds: all 50,000 would take minutes
  ['?limit=2000', { accept: 'application/yaml' }],
  ['?limit=500', {}],
  ['?labelSelector=number!%3Dn1,tier%3Dweb', {}],
  ['?labelSelector=number%3Dn49999', {}],
  ['?fieldSelector=status.phase%3DPending,spec.nodeName%3D', {}],
];

/** The worst of all, and on the error stream which one took how long. */
async function worst(bench: Bench, acts: readonly [name: string, act: () => Promise<unknown>][]): Promise<number> {
  let most = 0;
  for (const [name, act] of acts) {
    const ms = await latest(bench, act);
    process.stderr.write(`    ${ms.toFixed(1).padStart(6)} ms  ${name}\n`);
    most = Math.max(most, ms);
  }
  return most;
}

const common = {
  stage: 'crowded',
  anyServer: false,
  quick: false,
  maxRuns: 1,
  measures: [{ unit: 'ms', better: 'less', goal: GOAL }],
} as const;
const pods = (bench: Bench) => `/api/v1/namespaces/${bench.namespace}/pods`;

const lists: Row = {
  ...common,
  name: 'event-loop-lists',
  title: 'event loop late at most, during lists of 50,000 pods in all forms',
  run: (bench) =>
    worst(
      bench,
      LISTS.map(([query, headers]) => [
        `list${query} ${headers.accept ?? headers['accept-encoding'] ?? ''}`,
        () => bench.text(pods(bench) + query, headers),
      ]),
    ).then((ms) => [ms]),
};

const watches: Row = {
  ...common,
  name: 'event-loop-watches',
  title: 'event loop late at most, during watches that begin with 50,000 pods',
  run: (bench) =>
    worst(
      bench,
      ['application/json', TABLE, PROTOBUF, METADATA.replace('MetadataList', 'Metadata')].map((accept) => [
        `watch ${accept}`,
        () =>
          bench.text(
            `${pods(bench)}?watch=1&timeoutSeconds=8&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`,
            { accept },
          ),
      ]),
    ).then((ms) => [ms]),
};

const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const keyed = (count: number, value: unknown): Record<string, unknown> =>
  Object.fromEntries(many(count, (i) => [`k${i}`, value]));

/** Objects of about as many values as a body may have, of kinds whose rules look at each. */
const BODIES: readonly [resource: string, object: () => object][] = [
  ['configmaps', () => ({ data: keyed(45_000, 'v') })],
  ['secrets', () => ({ data: keyed(45_000, 'dg==') })],
  [
    'services',
    () => ({
      spec: { ports: [{ port: 80 }], externalIPs: many(40_000, (i) => `11.${i >> 16}.${(i >> 8) & 255}.${i & 255}`) },
    }),
  ],
  ['services', () => ({ spec: { ports: many(12_000, (i) => ({ name: `p${i}`, port: i + 1 })) } })],
  ['limitranges', () => ({ spec: { limits: [{ type: 'Container', max: keyed(45_000, '1') }] } })],
  ['endpoints', () => ({ subsets: [{ addresses: many(25_000, (i) => ({ ip: `11.0.${i >> 8}.${i & 255}` })) }] })],
  ['pods', () => ({ spec: { containers: many(5000, (i) => ({ name: `c${i}`, image: 'i' })) } })],
  [
    'pods',
    () => ({ spec: { containers: [{ name: 'c', image: 'i', env: many(15_000, (i) => ({ name: `E${i}` })) }] } }),
  ],
  [
    'pods',
    () => ({
      spec: {
        containers: [{ name: 'c', image: 'i' }],
        tolerations: many(15_000, (i) => ({ key: `k${i}`, operator: 'Exists' })),
      },
    }),
  ],
  ['serviceaccounts', () => ({ imagePullSecrets: many(25_000, (i) => ({ name: `s${i}` })) })],
];
const GROUP_BODIES: readonly [api: string, resource: string, object: () => object][] = [
  [
    'networking.k8s.io/v1',
    'networkpolicies',
    () => ({
      spec: {
        podSelector: {},
        ingress: [
          {
            from: [
              { ipBlock: { cidr: '10.0.0.0/8', except: many(30_000, (i) => `10.1.${(i >> 8) & 255}.${i & 255}/32`) } },
            ],
          },
        ],
      },
    }),
  ],
  [
    'rbac.authorization.k8s.io/v1',
    'roles',
    () => ({ rules: many(8000, (i) => ({ apiGroups: [''], resources: [`a${i}`], verbs: ['get'] })) }),
  ],
  [
    'discovery.k8s.io/v1',
    'endpointslices',
    () => ({
      addressType: 'IPv4',
      endpoints: many(1000, (i) => ({
        addresses: [`11.0.${i >> 8}.${i & 255}`],
        conditions: { ready: true, serving: true, terminating: false },
        targetRef: { kind: 'Pod', namespace: 'n', name: `p${i}` },
        zone: 'z',
      })),
    }),
  ],
];

/** Refusals count as answers: what matters is how long the others wait. */
const bodies: Row = {
  ...common,
  stage: 'empty',
  name: 'event-loop-bodies',
  title: 'event loop late at most, during creates of as many values as a body may have',
  run: (bench) => {
    const create = (api: string, resource: string, object: object) => () =>
      bench
        .request('POST', `${api}/namespaces/${bench.namespace}/${resource}?dryRun=All`, {
          metadata: { name: bench.unique() },
          ...object,
        })
        .catch(() => undefined);
    const acts = [
      ...BODIES.map(([resource, object]) => ['/api/v1', resource, object()] as const),
      ...GROUP_BODIES.map(([api, resource, object]) => [`/apis/${api}`, resource, object()] as const),
    ].map(([api, resource, object]) => {
      const [field] = Object.keys(object);
      return [`${resource} ${field}`, create(api, resource, object)] as [string, () => Promise<unknown>];
    });
    return worst(bench, acts).then((ms) => [ms]);
  },
};

export const EVENT_LOOP: readonly Row[] = [lists, watches, bodies];
