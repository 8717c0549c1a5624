import { ApiDocuments, type Described, type Operation } from '../openapi/api-documents.ts';
import { kindOf, listKindOf, mapOf, META, NAME, object, partOf, QUANTITY, refTo, TEXT } from '../openapi/meta-types.ts';
import type { Schema, Types } from '../openapi/schema.ts';
import { CUSTOM, EXTERNAL, VERSIONS } from './manifests.ts';

const OBJECT = 'io.k8s.api.core.v1.ObjectReference';
const SELECTOR: Schema = {
  description: 'The series that were asked for, by their labels.',
  ...refTo(`${META}.LabelSelector`),
};
const MEASURED: Types = {
  timestamp: { description: 'When it was measured.', ...refTo(`${META}.Time`) },
  value: { description: 'How much it is.', ...refTo(QUANTITY) },
};
const WINDOW: Schema = { description: 'Seconds over which it was counted.', type: 'integer', format: 'int64' };
const SHARED: Types = {
  [OBJECT]: object(
    {
      apiVersion: TEXT,
      fieldPath: TEXT,
      kind: TEXT,
      name: TEXT,
      namespace: TEXT,
      resourceVersion: TEXT,
      uid: TEXT,
    },
    [],
    { 'x-kubernetes-map-type': 'atomic' },
  ),
};

/** A group and version with one kind of value and its list. */
function described(
  group: string,
  version: string,
  own: string,
  kind: string,
  [properties, required, more = {}]: readonly [properties: Types, required: readonly string[], more?: Types],
  paths: readonly string[],
): Described {
  const value = kindOf({ group, version, kind }, 'A metric at one time.', { ...MEASURED, ...properties }, required);
  const list = listKindOf({ group, version, kind: `${kind}List` }, `${own}.${kind}`, kind);
  const operations = paths.map((path): Operation => ({ path, action: 'list', kind, answers: `${own}.${kind}List` }));
  return {
    group,
    version,
    operations,
    types: { ...SHARED, ...more, [`${own}.${kind}`]: value, [`${own}.${kind}List`]: list },
  };
}

/** What a version has of its own beside what all have. */
function customValue(version: string, own: string): [Types, string[], Types?] {
  const describedObject = partOf(OBJECT);
  if (version === 'v1beta1')
    return [
      { describedObject, metricName: NAME, selector: SELECTOR, window: WINDOW },
      ['describedObject', 'metricName', 'timestamp', 'value', 'selector'],
    ];
  const identifier = object({ name: NAME, selector: SELECTOR }, ['name', 'selector'], {
    description: 'The name of a metric, and which of its series.',
  });
  return [
    { describedObject, metric: partOf(`${own}.MetricIdentifier`), windowSeconds: WINDOW },
    ['describedObject', 'metric', 'timestamp', 'value'],
    { [`${own}.MetricIdentifier`]: identifier },
  ];
}

/** custom.metrics.k8s.io and external.metrics.k8s.io as OpenAPI: the types of k8s.io/metrics. */
export const documents = new ApiDocuments('custom-metrics', [
  ...(VERSIONS[CUSTOM] ?? []).map((version) => {
    const own = `io.k8s.metrics.pkg.apis.custom_metrics.${version}`;
    const paths = ['/namespaces/{namespace}/metrics/{name}', '/namespaces/{namespace}/{resource}/{name}/{subresource}'];
    return described(CUSTOM, version, own, 'MetricValue', customValue(version, own), paths);
  }),
  ...(VERSIONS[EXTERNAL] ?? []).map((version) => {
    const own = `io.k8s.metrics.pkg.apis.external_metrics.${version}`;
    const value: Types = { metricLabels: mapOf(NAME), metricName: NAME, window: WINDOW };
    const required = ['metricName', 'metricLabels', 'timestamp', 'value'];
    return described(
      EXTERNAL,
      version,
      own,
      'ExternalMetricValue',
      [value, required],
      ['/namespaces/{namespace}/{resource}'],
    );
  }),
]);
