import type { Pod } from '../../../schema/types.ts';
import type { Informer } from '../../client/contract.ts';
import { everything, parseLabelSelector, type Selector } from '../../meta/labels.ts';
import { formatQuantity } from '../../meta/quantity.ts';
import { badRequest, methodNotAllowed, noSuchResource, StatusError } from '../../meta/status.ts';
import { formatTime } from '../../meta/time.ts';
import { partsOf, type AggregatedApi, type Question } from '../aggregated-server.ts';
import { EXTERNAL, VERSIONS } from './manifests.ts';
import { externalValues, metricValues, type Value } from './metric-values.ts';
import { seriesOfPod, type Samples } from './samples.ts';
import { documents } from './openapi.ts';

export interface CustomMetricsOptions {
  samples: Samples;
  pods: Pick<Informer<Pod>, 'get'>;
  /** by resource, `services` or `deployments.apps`: what describes an object of it; undefined where it is not served */
  kindOf(resource: string): { kind: string; apiVersion: string } | undefined;
}

/** Metrics that are listed. */
const MAX_LISTED = 2000;
const MAX_MILLI = 2n ** 63n - 1n;

/**
 * custom.metrics.k8s.io and external.metrics.k8s.io, of what pods say of themselves. Source: the paths and answers of
 * sigs.k8s.io/custom-metrics-apiserver.
 */
export class CustomMetricsApi implements AggregatedApi {
  readonly documents = documents;

  constructor(private readonly options: CustomMetricsOptions) {}

  /** The document that is answered. @throws StatusError */
  answer(question: Question): object {
    const { method } = question;
    const { path, query } = partsOf(question);
    const [root, group = '', version = '', ...rest] = path.split('/').slice(1).map(decoded);
    const versions = VERSIONS[group];
    if (root !== 'apis' || !versions) throw noSuchResource();
    if (method !== 'GET' || ['1', 'true'].includes(query.get('watch') ?? ''))
      throw methodNotAllowed({ group, resource: rest.at(-1) ?? '' }, method === 'GET' ? 'watch' : method.toLowerCase());
    if (!version) return groupOf(group, versions);
    if (!versions.includes(version)) throw noSuchResource();
    const apiVersion = `${group}/${version}`;
    if (rest.length === 0) return this.resources(group, apiVersion);
    if (group === EXTERNAL) return this.external(apiVersion, rest, query);
    return this.custom(apiVersion, rest, query);
  }

  private resources(group: string, groupVersion: string): object {
    const names = new Set<string>();
    for (const pod of this.options.samples.pods()) {
      for (const { metric, rule } of seriesOfPod(pod)) {
        if (rule.external !== (group === EXTERNAL) || names.size >= MAX_LISTED) continue;
        const of = rule.external
          ? ['']
          : ['pods/', 'namespaces/', ...[...rule.resources.keys()].map((one) => `${one}/`)];
        for (const prefix of of) names.add(`${prefix}${metric}`);
      }
    }
    const kind = group === EXTERNAL ? 'ExternalMetricValueList' : 'MetricValueList';
    const resources = [...names].sort().map((name) => ({
      name,
      singularName: '',
      namespaced: !name.startsWith('namespaces/'),
      kind,
      verbs: ['get'],
    }));
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
  }

  /** namespaces/NAMESPACE/RESOURCE/NAME/METRIC, and namespaces/NAMESPACE/metrics/METRIC of the namespace itself. */
  private custom(apiVersion: string, parts: readonly string[], query: URLSearchParams): object {
    const [literal, namespace = '', resource = '', name = '', metric = ''] = parts;
    const isOfNamespace = parts.length === 4 && resource === 'metrics';
    if (literal !== 'namespaces' || !(isOfNamespace || parts.length === 5)) throw noSuchResource();
    const labels = selectorIn(query, 'metricLabelSelector');
    const objects = selectorIn(query, 'labelSelector');
    const found = isOfNamespace
      ? metricValues(this.options.samples.pods(namespace), name, labels, () => namespace)
      : this.ofObjects(namespace, resource, name, metric, labels, objects);
    const [of, wanted] = isOfNamespace ? ['namespaces', name] : [resource, metric];
    if (found.length === 0 && (name !== '*' || isOfNamespace))
      throw noSuchMetric(wanted, of, isOfNamespace ? namespace : `${namespace}/${name}`);
    const described = this.options.kindOf(of);
    if (!described) throw noSuchResource();
    const place = isOfNamespace ? {} : { namespace };
    const items = found.map((value) => {
      const describedObject = { ...described, ...place, name: value.name };
      return apiVersion.endsWith('v1beta1')
        ? { describedObject, metricName: wanted, ...timed(value, 'window'), selector: null }
        : { describedObject, metric: { name: wanted, selector: null }, ...timed(value, 'windowSeconds') };
    });
    return { kind: 'MetricValueList', apiVersion, metadata: {}, items };
  }

  private ofObjects(
    namespace: string,
    resource: string,
    name: string,
    metric: string,
    labels: Selector,
    objects: Selector,
  ): Value[] {
    const { samples, pods } = this.options;
    const isWanted = (found: string | undefined): string | undefined =>
      name === '*' || found === name ? found : undefined;
    if (resource !== 'pods') {
      if (!objects.empty) throw badRequest('labelSelector: only pods are selected by their labels');
      return metricValues(samples.pods(namespace), metric, labels, ({ rule, labels: own }) =>
        isWanted(own.get(rule.resources.get(resource) ?? '')),
      );
    }
    return metricValues(samples.pods(namespace), metric, labels, (_, pod) => {
      const isSelected = objects.empty || objects.matches(pods.get(namespace, pod.name)?.metadata.labels);
      return isSelected ? isWanted(pod.name) : undefined;
    });
  }

  /** namespaces/NAMESPACE/METRIC */
  private external(apiVersion: string, parts: readonly string[], query: URLSearchParams): object {
    const [literal, namespace = '', metric = ''] = parts;
    if (literal !== 'namespaces' || parts.length !== 3) throw noSuchResource();
    const { samples } = this.options;
    const items = externalValues(samples.pods(namespace), metric, selectorIn(query, 'labelSelector')).map((value) => ({
      metricName: metric,
      metricLabels: value.labels,
      ...timed(value, 'window'),
    }));
    return { kind: 'ExternalMetricValueList', apiVersion, metadata: {}, items };
  }
}

function groupOf(name: string, versions: readonly string[]): object {
  const all = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { kind: 'APIGroup', apiVersion: 'v1', name, versions: all, preferredVersion: all[0] };
}

function selectorIn(query: URLSearchParams, name: string): Selector {
  const text = query.get(name);
  return text ? parseLabelSelector(text) : everything;
}

function timed({ at, windowMs, value }: Value, window: 'window' | 'windowSeconds'): object {
  return {
    timestamp: formatTime(at),
    ...(windowMs !== undefined && { [window]: Math.round(windowMs / 1000) }),
    value: milliQuantity(value),
  };
}

/** To a thousandth; what an int64 of them does not hold is at its end. */
function milliQuantity(value: number): string {
  const milli = Math.round(value * 1000);
  const isHeld = Math.abs(milli) < Number(MAX_MILLI);
  const held = isHeld ? BigInt(milli) : milli < 0 ? -MAX_MILLI : MAX_MILLI;
  return formatQuantity({ nano: held * 1_000_000n, format: 'DecimalSI' });
}

const noSuchMetric = (metric: string, resource: string, name: string): StatusError =>
  new StatusError({
    code: 404,
    reason: 'NotFound',
    message: `the server could not find the metric ${metric} for ${resource} ${name}`,
  });

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badRequest(`invalid path: ${part}`);
  }
}
