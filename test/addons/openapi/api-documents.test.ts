import { describe, expect, it } from 'vitest';
import { documents as customMetrics } from '../../../src/addons/custom-metrics/openapi.ts';
import { documents as metrics } from '../../../src/addons/metrics/openapi.ts';
import { META_TYPES } from '../../../src/addons/openapi/meta-types.ts';
import { rendered, type Schema, type Version } from '../../../src/addons/openapi/schema.ts';
import { definitionOf, refsOf } from '../../../src/rest/openapi/definitions.ts';

const read = (documents: typeof metrics, path: string): any => JSON.parse(documents.at(path)?.text ?? 'null');
const METRICS = '/openapi/v3/apis/metrics.k8s.io/v1beta1';

function withoutDescriptions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDescriptions);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) =>
      key === 'description' && typeof part === 'string' ? [] : [[key, withoutDescriptions(part)]],
    ),
  );
}
/** `$ref` with nothing beside it, as a description needs it, is a `$ref`. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const { allOf, ...rest } = value as { allOf?: [object] };
  return Object.fromEntries(
    Object.entries(allOf && Object.keys(rest).length === 0 ? allOf[0] : value).map(([key, part]) => [key, plain(part)]),
  );
}

const names = Object.keys(META_TYPES).filter((name) => definitionOf(name, 3));
const versions: Version[] = [2, 3];

describe('OpenAPI of an API of an add-on', () => {
  it.each(versions.flatMap((version) => names.map((name) => [version, name] as const)))(
    'has in version %i the %s of all',
    (version, name) => {
      const shape = (schema: unknown) => {
        const { 'x-kubernetes-group-version-kind': _, ...all } = plain(withoutDescriptions(schema)) as Schema;
        return all;
      };
      expect(shape(rendered(META_TYPES[name] ?? {}, version))).toEqual(shape(definitionOf(name, version)));
    },
  );

  it('names its documents in an index, by their hashes', () => {
    const { paths } = read(metrics, '/openapi/v3');
    const hash = metrics.at(METRICS)?.hash;
    expect(hash).toMatch(/^[0-9A-F]{128}$/);
    expect(paths).toEqual({ 'apis/metrics.k8s.io/v1beta1': { serverRelativeURL: `${METRICS}?hash=${hash}` } });
    expect(Object.keys(read(customMetrics, '/openapi/v3').paths)).toEqual([
      'apis/custom.metrics.k8s.io/v1beta2',
      'apis/custom.metrics.k8s.io/v1beta1',
      'apis/external.metrics.k8s.io/v1beta1',
    ]);
    for (const path of ['/openapi', '/openapi/v3/', '/openapi/v3/apis', '/openapi/v1'])
      expect(metrics.at(path)).toBeUndefined();
  });

  it.each([metrics, customMetrics])('is whole: nothing refers to what is not there', (documents) => {
    const texts = [
      '/openapi/v2',
      ...Object.keys(read(documents, '/openapi/v3').paths).map((path) => `/openapi/v3/${path}`),
    ];
    for (const path of texts) {
      const document = read(documents, path);
      const types = document.definitions ?? document.components.schemas;
      expect([path, [...refsOf(document)].filter((name) => !types[name])]).toEqual([path, []]);
    }
  });

  // as sigs.k8s.io/metrics-server v0.9.0 names them
  it('has the paths and operations of the published metrics-server', () => {
    const root = '/apis/metrics.k8s.io/v1beta1';
    const operations = Object.entries(read(metrics, METRICS).paths).map(([path, { get, parameters = [] }]: any) => [
      path.slice(root.length),
      get.operationId,
      parameters.filter((one: { in: string }) => one.in === 'path').map(({ name }: { name: string }) => name),
    ]);
    expect(operations).toEqual([
      ['/', 'getMetricsV1beta1APIResources', []],
      ['/namespaces/{namespace}/pods', 'listMetricsV1beta1NamespacedPodMetrics', ['namespace']],
      ['/namespaces/{namespace}/pods/{name}', 'readMetricsV1beta1NamespacedPodMetrics', ['name', 'namespace']],
      ['/nodes', 'listMetricsV1beta1NodeMetrics', []],
      ['/nodes/{name}', 'readMetricsV1beta1NodeMetrics', ['name']],
      ['/pods', 'listMetricsV1beta1PodMetricsForAllNamespaces', []],
    ]);
    expect(Object.keys(read(metrics, '/openapi/v2').paths)).toEqual(Object.keys(read(metrics, METRICS).paths));
  });

  it('tells of a kind which it is, and of a field what it is', () => {
    const own = 'io.k8s.metrics.pkg.apis.metrics.v1beta1';
    const { PodMetrics, NodeMetrics } = Object.fromEntries(
      ['PodMetrics', 'NodeMetrics'].map((kind) => [kind, read(metrics, METRICS).components.schemas[`${own}.${kind}`]]),
    );
    expect(PodMetrics['x-kubernetes-group-version-kind']).toEqual([
      { group: 'metrics.k8s.io', kind: 'PodMetrics', version: 'v1beta1' },
    ]);
    expect(PodMetrics.properties.containers).toEqual({
      type: 'array',
      items: { default: {}, allOf: [{ $ref: `#/components/schemas/${own}.ContainerMetrics` }] },
      'x-kubernetes-list-type': 'atomic',
    });
    expect(NodeMetrics.required).toEqual(['timestamp', 'window', 'usage']);
    expect(NodeMetrics.properties.metadata).toEqual({
      default: {},
      allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }],
    });
    expect(read(metrics, '/openapi/v2').definitions[`${own}.NodeMetrics`].properties.metadata).toEqual({
      $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
    });
  });
});
