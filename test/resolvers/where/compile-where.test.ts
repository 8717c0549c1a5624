import { describe, expect, it, test } from 'vitest';
import type { KubeObject } from '../../../src/meta/object.ts';
import { customKinds } from '../../../src/kinds/custom.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import { compileOrder } from '../../../src/resolvers/where/compile-order.ts';
import { compileWhere } from '../../../src/resolvers/where/compile-where.ts';

const registry = createRegistry();
const kindOf = (resource: string) => registry.preferred(resource)!;
const matches = (resource: string, where: unknown, object: object): boolean =>
  compileWhere(kindOf(resource), where).matches({ metadata: { name: 'x' }, ...object } as unknown as KubeObject);

const memory = (quantity: string) => ({
  spec: { containers: [{ name: 'a', resources: { requests: { memory: quantity } } }] },
});
const requests = (said: object) => ({
  spec: { containers: { some: { resources: { requests: [{ key: 'memory', ...said }] } } } },
});
const labels = (values: Record<string, string>) => ({ metadata: { name: 'x', labels: values } });

describe('formats of custom fields', () => {
  const quantity = String.raw`^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$`;
  const properties = {
    at: { type: 'string', format: 'date-time' },
    every: { type: 'string', format: 'duration' },
    size: { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true, pattern: quantity },
    limit: { type: 'string', format: 'quantity' },
    port: { 'x-kubernetes-int-or-string': true },
    count: { type: 'integer', format: 'int32' },
    secret: { type: 'string', format: 'byte' },
    times: { type: 'array', items: { type: 'string', format: 'date-time' } },
    sizes: { type: 'object', additionalProperties: { 'x-kubernetes-int-or-string': true, pattern: quantity } },
  };
  const [kind] = customKinds({
    metadata: { name: 'stores.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { kind: 'Store', plural: 'stores' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } },
        },
      ],
    },
  } as unknown as KubeObject);
  const holds = (spec: object, object: object): boolean =>
    compileWhere(kind!, { spec }).matches({ metadata: { name: 'x' }, spec: object } as unknown as KubeObject);

  test.each<[object, object, boolean]>([
    [{ at: { eq: '2026-01-01T00:00:00Z' } }, { at: '2026-01-01T01:00:00.000+01:00' }, true],
    [{ at: { gt: '2026-01-01T00:30:00Z' } }, { at: '2026-01-01T01:00:00+01:00' }, false],
    [{ times: { some: { lt: '2026-01-01T00:30:00Z' } } }, { times: ['2026-01-01T01:00:00+01:00'] }, true],
    [{ every: { gt: '90s' } }, { every: '2m' }, true],
    [{ size: { gt: '500Mi' } }, { size: '64Mi' }, false],
    [{ size: { eq: 1024 } }, { size: '1Ki' }, true],
    [{ size: { eq: '1Ki' } }, { size: 1024 }, true],
    [{ size: { gte: '9E' } }, { size: 9007199254740993000n }, true],
    [{ limit: { in: ['0.5'] } }, { limit: '500m' }, true],
    [{ sizes: { key: 'a', lt: '1G' } }, { sizes: { a: '1Mi' } }, true],
    [{ port: { gt: '80' } }, { port: 443 }, true],
    [{ count: { lte: 5 } }, { count: 5 }, true],
    [{ secret: { eq: 'YQ==' } }, { secret: 'YQ==' }, true],
  ])('case %#', (where, object, expected) => expect(holds(where, object)).toBe(expected));

  test.each<[object, string]>([
    [{ at: { contains: '2026' } }, 'where.spec.at: there is no "contains" here'],
    [{ at: { gt: 'noon' } }, 'where.spec.at.gt: "noon" is not a time in RFC 3339'],
    [{ size: { gt: 'much' } }, 'where.spec.size.gt: "much" is not a quantity'],
    [{ secret: { gt: 'YQ==' } }, 'where.spec.secret: there is no "gt" here'],
  ])('%j is refused', (where, why) => expect(() => holds(where, {})).toThrow(why));

  test('what is no value of its format has none', () => {
    expect(holds({ limit: { eq: '1' } }, { limit: 'much' })).toBe(false);
    expect(holds({ limit: { ne: '1' } }, { limit: 'much' })).toBe(true);
    expect(holds({ limit: { exists: true } }, { limit: 'much' })).toBe(true);
  });

  test('orders go by the meaning', () => {
    const of = (size: unknown): KubeObject => ({ metadata: { name: 'x' }, spec: { size } }) as unknown as KubeObject;
    const { keyOf, compare } = compileOrder(kind!, [{ spec: { size: 'ASC' } }]);
    const sorted = ['1Gi', 5, '500Mi', '1k'].map(of).sort((a, b) => compare(keyOf(a), keyOf(b)));
    expect(sorted.map(({ spec }) => (spec as { size: unknown }).size)).toEqual([5, '1k', '500Mi', '1Gi']);
  });
});

describe('what a condition means', () => {
  test.each<[string, unknown, object, boolean]>([
    ['pods', requests({ gt: '500Mi' }), memory('64Mi'), false],
    ['pods', requests({ gt: '500Mi' }), memory('1Gi'), true],
    ['pods', requests({ eq: '1024Mi' }), memory('1Gi'), true],
    ['pods', requests({ in: ['1', '1073741824'] }), memory('1Gi'), true],
    ['pods', requests({ lte: '0.5Gi' }), memory('512Mi'), true],
    ['pods', requests({ exists: false }), memory('1Gi'), false],
    ['deployments.apps', { spec: { replicas: { gt: 5 } } }, { spec: { replicas: 10 } }, true],
    ['deployments.apps', { spec: { replicas: { gt: 5 } } }, { spec: {} }, false],
    ['deployments.apps', { spec: { replicas: { ne: 5 } } }, { spec: {} }, true],
    ['deployments.apps', { spec: { replicas: { notIn: [5] } } }, {}, true],
    ['deployments.apps', { spec: { replicas: { eq: null } } }, {}, true],
    ['deployments.apps', { spec: { replicas: null } }, { spec: { replicas: 0 } }, false],
    ['deployments.apps', { spec: null }, {}, true],
    [
      'deployments.apps',
      { spec: { strategy: { rollingUpdate: { maxSurge: { lt: '50%' } } } } },
      { spec: { strategy: { rollingUpdate: { maxSurge: '25%' } } } },
      true,
    ],
    [
      'deployments.apps',
      { spec: { strategy: { rollingUpdate: { maxSurge: { lt: 50 } } } } },
      { spec: { strategy: { rollingUpdate: { maxSurge: '25%' } } } },
      false,
    ],
    [
      'deployments.apps',
      { spec: { strategy: { rollingUpdate: { maxSurge: { gte: 9 } } } } },
      { spec: { strategy: { rollingUpdate: { maxSurge: 10 } } } },
      true,
    ],
    [
      'pods',
      { status: { startTime: { gt: '2026-01-01T01:30:00+01:00' } } },
      { status: { startTime: '2026-01-01T00:31:00Z' } },
      true,
    ],
    [
      'leases.coordination.k8s.io',
      { spec: { renewTime: { lt: '2026-01-01T00:00:00.000002Z' } } },
      { spec: { renewTime: '2026-01-01T00:00:00.000001Z' } },
      true,
    ],
    [
      'pods',
      { spec: { activeDeadlineSeconds: { eq: '9007199254740993' } } },
      { spec: { activeDeadlineSeconds: 9007199254740993n } },
      true,
    ],
    [
      'pods',
      { spec: { activeDeadlineSeconds: { eq: '9007199254740993' } } },
      { spec: { activeDeadlineSeconds: 9007199254740992n } },
      false,
    ],
    [
      'pods',
      { spec: { activeDeadlineSeconds: { gt: '9007199254740993' } } },
      { spec: { activeDeadlineSeconds: 5 } },
      false,
    ],
    ['pods', { metadata: { labels: [{ key: 'app', eq: 'web' }] } }, labels({ app: 'web' }), true],
    ['pods', { metadata: { labels: { key: 'app', ne: 'web' } } }, labels({}), true],
    ['pods', { metadata: { labels: [{ key: 'constructor', exists: true }] } }, labels({}), false],
    ['pods', { metadata: { name: { matches: '^x$' } } }, {}, true],
    ['pods', { metadata: { name: { startsWith: 'y' } } }, {}, false],
    ['pods', { metadata: { finalizers: { isEmpty: true } } }, {}, true],
    ['pods', { metadata: { finalizers: { size: { eq: 0 } } } }, {}, true],
    ['pods', { metadata: { finalizers: { every: { eq: 'a' } } } }, {}, true],
    ['pods', { metadata: { finalizers: { some: {} } } }, {}, false],
    ['pods', { metadata: { finalizers: { none: { eq: 'a' } } } }, { metadata: { finalizers: ['b'] } }, true],
    ['pods', { not: { metadata: { name: { eq: 'x' } } } }, {}, false],
    ['pods', { or: [] }, {}, false],
    ['pods', { and: [] }, {}, true],
    ['pods', {}, {}, true],
    ['pods', { spec: { hostNetwork: { eq: false } } }, { spec: {} }, false],
    ['controllerrevisions.apps', { data: { at: ['spec', '0', 'a'], eq: 1 } }, { data: { spec: [{ a: 1 }] } }, true],
    ['controllerrevisions.apps', { data: { eq: { b: 2, a: [1] } } }, { data: { a: [1], b: 2 } }, true],
    ['controllerrevisions.apps', { data: { at: ['a'], gt: 2 } }, { data: { a: '3' } }, false],
  ])('%s %o of %o: %s', (resource, where, object, expected) => {
    expect(matches(resource, where, object)).toBe(expected);
  });

  it('a field that is called like a word of filters has a _ behind it', () => {
    const kind = kindOf('customresourcedefinitions.apiextensions.k8s.io');
    const schema = { openAPIV3Schema: { not_: { type: { eq: 'string' } } } };
    const { matches: match } = compileWhere(kind, { spec: { versions: { some: { schema } } } });
    const object = { spec: { versions: [{ schema: { openAPIV3Schema: { not: { type: 'string' } } } }] } };
    expect(match(object as unknown as KubeObject)).toBe(true);
  });
});

describe('what is refused', () => {
  const deep = Array.from({ length: 5000 }).reduce<object>((not) => ({ not }), {});
  test.each<[unknown, string]>([
    [{ spec: { nodename: { eq: 'a' } } }, 'where.spec: there is no "nodename" here'],
    [{ spec: { nodeName: { gtt: 'a' } } }, 'where.spec.nodeName: there is no "gtt" here'],
    [{ spec: { nodeName: 'a' } }, 'where.spec.nodeName: an object of conditions is needed'],
    [{ spec: { priority: { eq: 'high' } } }, 'where.spec.priority.eq: "high" is not an integer'],
    [{ spec: { priority: { eq: 1.5 } } }, 'where.spec.priority.eq: 1.5 is not an integer'],
    [{ spec: { priority: { lt: null } } }, 'where.spec.priority.lt: null is not an integer'],
    [{ spec: { nodeName: { in: null } } }, 'where.spec.nodeName.in: a list is needed'],
    [{ spec: { nodeName: { matches: '(' } } }, 'where.spec.nodeName.matches: error parsing regexp'],
    [{ status: { startTime: { gt: 'yesterday' } } }, '"yesterday" is not a time in RFC 3339'],
    [{ metadata: { labels: [{ eq: 'a' }] } }, 'where.metadata.labels[0].key: the key of an entry is needed'],
    [{ metadata: { finalizers: { any: {} } } }, 'where.metadata.finalizers: there is no "any" here'],
    [{ metadata: { finalizers: { some: null } } }, 'where.metadata.finalizers.some: null is no condition'],
    [{ or: Array.from({ length: 101 }, () => ({})) }, 'where: more than 100 conditions'],
    [
      { or: [5_000, 5_001].map((length) => ({ spec: { nodeName: { in: Array.from({ length }, String) } } })) },
      'where: more than 10000 values in lists',
    ],
    [deep, 'deeper than 64 conditions'],
    [[], 'where: an object of conditions is needed'],
  ])('%.80j', (where, message) => {
    expect(() => compileWhere(kindOf('pods'), where)).toThrow(message);
  });

  it('an expression that would take too long on a text', () => {
    const { matches: match } = compileWhere(kindOf('pods'), { metadata: { name: { matches: 'a{500}b' } } });
    expect(() => match({ metadata: { name: 'a'.repeat(100_000) } } as KubeObject)).toThrow('takes too long');
  });
});

describe('an order', () => {
  const pod = (name: string, restarts: number[]) =>
    ({
      metadata: { name },
      status: { containerStatuses: restarts.map((restartCount) => ({ restartCount })) },
    }) as never;
  const sorted = (orderBy: unknown, objects: KubeObject[]): string[] => {
    const order = compileOrder(kindOf('pods'), orderBy);
    return objects
      .map((object) => ({ name: object.metadata.name, key: order.keyOf(object) }))
      .sort((a, b) => order.compare(a.key, b.key))
      .map(({ name }) => name);
  };

  it('through a list is by the smallest, or the largest; what has none comes last', () => {
    const pods = [pod('none', []), pod('b', [1, 10]), pod('a', [2, 9])];
    const by = (pick: string) => [{ status: { containerStatuses: { restartCount: pick } } }];
    expect(sorted(by('ASC'), pods)).toEqual(['b', 'a', 'none']);
    expect(sorted(by('DESC'), pods)).toEqual(['b', 'a', 'none']);
  });

  test.each<[unknown, string]>([
    [{ spec: {} }, 'orderBy[0].spec: one field is needed'],
    [{ spec: { nodeName: 'ASC', priority: 'ASC' } }, 'orderBy[0].spec: one field is needed, and there are several'],
    [{ spec: { nodeName: 'UP' } }, 'orderBy[0].spec.nodeName: ASC, DESC or VALUE is needed'],
    [{ metadata: { labels: {} } }, 'orderBy[0].metadata.labels.key: the key of an entry is needed'],
    [Array(11).fill({ metadata: { name: 'ASC' } }), 'orderBy: more than 10 fields'],
  ])('%j is refused', (orderBy, message) => {
    expect(() => compileOrder(kindOf('pods'), orderBy)).toThrow(message);
  });
});
