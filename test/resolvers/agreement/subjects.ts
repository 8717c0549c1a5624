import type { Random } from '../../support/random.ts';

/** A kind that is written and read, with what its objects may be. */
export interface Subject {
  /** `deployments.apps` */
  resource: string;
  apiVersion: string;
  kind: string;
  /** of its collection, within a namespace: `/apis/apps/v1` and `deployments` */
  root: string;
  plural: string;
  /** names of its fields in GraphQL */
  one: string;
  many: string;
  /** has a status of its own */
  status: boolean;
  /** whose delete answers the object */
  answersDeleted: boolean;
  /** all but metadata */
  body(random: Random): Record<string, unknown>;
  /** a merge patch of it */
  change(random: Random): Record<string, unknown>;
  fields: readonly Field[];
}

/** A field that is asked for; `[]` leads through a list, `{key}` into a map. */
export interface Field {
  path: readonly string[];
  type: 'string' | 'int' | 'quantity' | 'boolean';
  values: readonly unknown[];
}
const field = (path: string, type: Field['type'], values: readonly unknown[]): Field => ({
  path: path.split(' '),
  type,
  values,
});

export const NAMES = ['n0', 'n1', 'n2', 'n3', 'n4', 'm-one', 'm-two', 'z'];
export const NAMESPACES = ['a', 'b'];
const APPS = ['x', 'y', 'z'];
const COLOURS = ['red', 'green', 'Blue', ''];
const IMAGES = ['img:1', 'img:2', 'other/img:1'];
const MEMORY = ['64Mi', '65536Ki', '1Gi', '1024Mi', '500M'];
const CPU = ['100m', '0.1', '1', '250m'];

export const COMMON: readonly Field[] = [
  field('metadata name', 'string', NAMES),
  field('metadata namespace', 'string', NAMESPACES),
  field('metadata labels {app}', 'string', APPS),
  field('metadata labels {tier}', 'string', ['1', '2']),
  field('metadata annotations {note}', 'string', COLOURS),
  field('metadata finalizers []', 'string', ['example.com/hold', 'foregroundDeletion']),
];

const container = (random: Random, name: string): Record<string, unknown> => ({
  name,
  image: random.pick(IMAGES),
  resources: { requests: { ...(random.chance(0.7) && { memory: random.pick(MEMORY) }), cpu: random.pick(CPU) } },
});
const volumes = (random: Random): Record<string, unknown> =>
  random.chance(0.5) ? { volumes: [{ name: 'v', configMap: { name: random.pick(NAMES), optional: true } }] } : {};
const podSpec = (random: Random): Record<string, unknown> => ({
  containers: random.list(1, 2, (i) => container(random, `c${i}`)),
  ...volumes(random),
});

const configMaps: Subject = {
  resource: 'configmaps',
  apiVersion: 'v1',
  kind: 'ConfigMap',
  root: '/api/v1',
  plural: 'configmaps',
  one: 'configMap',
  many: 'configMaps',
  status: false,
  answersDeleted: false,
  body: (random) => ({
    data: { colour: random.pick(COLOURS), n: String(random.below(4)) },
    ...(random.chance(0.05) && { immutable: true }),
  }),
  change: (random) => ({ data: { [random.pick(['colour', 'n', 'more'])]: random.pick([...COLOURS, null]) } }),
  fields: [
    ...COMMON,
    field('data {colour}', 'string', COLOURS),
    field('data {n}', 'string', ['0', '1', '2', '3']),
    field('immutable', 'boolean', [true, false]),
  ],
};

const pods: Subject = {
  resource: 'pods',
  apiVersion: 'v1',
  kind: 'Pod',
  root: '/api/v1',
  plural: 'pods',
  one: 'pod',
  many: 'pods',
  status: true,
  answersDeleted: true,
  body: (random) => ({ spec: podSpec(random) }),
  change: (random) =>
    random.chance(0.8)
      ? { spec: { activeDeadlineSeconds: 1 + random.below(1000) } }
      : // what a pod cannot change
        { spec: { hostNetwork: true } },
  fields: [
    ...COMMON,
    field('spec activeDeadlineSeconds', 'int', [1, 250, 500, 999]),
    field('spec containers [] image', 'string', IMAGES),
    field('spec containers [] resources requests {memory}', 'quantity', MEMORY),
    field('spec containers [] resources requests {cpu}', 'quantity', CPU),
    field('status phase', 'string', ['Pending', 'Running', 'Failed']),
    field('status qosClass', 'string', ['Burstable', 'BestEffort']),
  ],
};

const deployments: Subject = {
  resource: 'deployments.apps',
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  root: '/apis/apps/v1',
  plural: 'deployments',
  one: 'deployment',
  many: 'deployments',
  status: true,
  answersDeleted: false,
  body: (random) => ({
    spec: {
      replicas: random.below(12),
      selector: { matchLabels: { app: 'w' } },
      template: { metadata: { labels: { app: 'w' } }, spec: podSpec(random) },
    },
  }),
  change: (random) =>
    random.pick<Record<string, unknown>>([
      { spec: { replicas: random.below(12) } },
      { spec: { paused: random.chance(0.5) } },
      { spec: { template: { spec: { terminationGracePeriodSeconds: random.below(60) } } } },
      { spec: { replicas: -1 } },
      { spec: { selector: { matchLabels: { app: 'v' } } } },
    ]),
  fields: [
    ...COMMON,
    field('spec replicas', 'int', [0, 2, 5, 10, 11]),
    field('spec paused', 'boolean', [true, false]),
    field('spec template spec containers [] image', 'string', IMAGES),
    field('spec template spec containers [] resources requests {memory}', 'quantity', MEMORY),
    field('status replicas', 'int', [0, 1, 5, 10]),
    field('status observedGeneration', 'int', [1, 2, 3]),
  ],
};

const widgets: Subject = {
  resource: 'widgets.example.com',
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  root: '/apis/example.com/v1',
  plural: 'widgets',
  one: 'widget',
  many: 'widgets',
  status: true,
  answersDeleted: false,
  body: (random) => ({
    spec: {
      ...(random.chance(0.8) && { size: random.below(30) }),
      colour: random.pick(COLOURS),
      parts: random.list(0, 2, (i) => ({ name: `p${i}`, weight: random.below(20) })),
    },
  }),
  change: (random) =>
    random.pick<Record<string, unknown>>([
      { spec: { size: random.below(30) } },
      { spec: { size: null } },
      { spec: { size: -1 } },
      { spec: { colour: random.pick(COLOURS), parts: [{ name: 'p9', weight: random.below(20) }] } },
    ]),
  fields: [
    ...COMMON,
    field('spec size', 'int', [0, 5, 10, 20]),
    field('spec colour', 'string', COLOURS),
    field('spec grade', 'string', ['standard', 'best']),
    field('spec parts [] name', 'string', ['p0', 'p1', 'p9']),
    field('spec parts [] weight', 'int', [0, 5, 12]),
    field('status replicas', 'int', [0, 1, 5, 10]),
  ],
};

export const SUBJECTS: readonly Subject[] = [configMaps, pods, deployments, widgets];

/** Of the subresource status. */
export const statusOf = ({ kind }: Subject, random: Random): Record<string, unknown> =>
  kind === 'Pod'
    ? { phase: random.pick(['Pending', 'Running', 'Failed']), podIP: `10.0.0.${1 + random.below(9)}` }
    : { replicas: random.below(12), observedGeneration: 1 + random.below(3) };

const integer = { type: 'integer', format: 'int32', minimum: 0 };
export const DEFINITION = {
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  size: integer,
                  colour: { type: 'string' },
                  grade: { type: 'string', default: 'standard' },
                  parts: {
                    type: 'array',
                    items: { type: 'object', properties: { name: { type: 'string' }, weight: integer } },
                  },
                },
              },
              status: {
                type: 'object',
                properties: { replicas: integer, observedGeneration: { type: 'integer', format: 'int64' } },
              },
            },
          },
        },
      },
    ],
  },
};
