import type { CrossVersionObjectReference } from '../../schema/types.ts';
import type { Client } from '../client/contract.ts';
import type { Context } from '../control/contract.ts';
import { parseDuration } from '../go/duration.ts';
import { errorMessage } from '../meta/error-message.ts';
import { parseApiVersion, groupResourceName } from '../meta/gvk.ts';
import type { ObjectLike, Unchecked } from '../meta/object.ts';
import { quantityMilli } from '../meta/quantity.ts';
import { isStatusError } from '../meta/status.ts';
import { timeMs } from '../meta/time.ts';
import type { PodUsage } from './hpa-replicas.ts';

const RESOURCE = 'pods.metrics.k8s.io';
const CUSTOM = 'custom.metrics.k8s.io';
/** in the order in which they are preferred */
const CUSTOM_VERSIONS = ['v1beta2', 'v1beta1'];
const EXTERNAL = 'external.metrics.k8s.io';
/** ms of a custom metric that does not say over which time it was measured */
const DEFAULT_WINDOW_MS = 60_000;

const AGGREGATED = `query Aggregated($path: String!) { aggregated(path: $path) }`;

/** metrics.k8s.io/v1beta1, as whoever serves it wrote it. */
interface PodMetrics extends ObjectLike {
  /** RFC 3339, and as Go writes durations */
  timestamp?: string;
  window?: string;
  containers: { name: string; usage: Record<string, string> }[];
}

/** A value of custom.metrics.k8s.io, of either version, or of external.metrics.k8s.io. */
interface MetricValue {
  describedObject?: { name?: string };
  timestamp?: string;
  /** seconds; the second is its name in v1beta1 */
  windowSeconds?: number;
  window?: number;
  value?: string;
}

/** Thousandths by pod, of the resource metrics API. @param selector of pods, as text; @throws Error in kube-controller-manager's words */
export async function resourceUsage(
  ctx: Context,
  {
    namespace,
    selector,
    resource,
    container,
  }: { namespace: string; selector: string; resource: string; container: string | undefined },
): Promise<Map<string, PodUsage>> {
  let items: Unchecked<PodMetrics>[];
  try {
    ({ items } = await ctx.client.list(RESOURCE, { namespace, labelSelector: selector }));
  } catch (error) {
    throw new Error(`unable to fetch metrics from resource metrics API: ${said(error, RESOURCE)}`, { cause: error });
  }
  if (items.length === 0) throw new Error('no metrics returned from resource metrics API');
  return new Map(
    items.flatMap(({ metadata, timestamp, window = '', containers = [] }) => {
      const chosen = containers.filter(({ name, usage }) => (!container || name === container) && usage?.[resource]);
      // a container of which nothing is known makes the pod's metrics missing, not small
      if (chosen.length === 0 || (!container && chosen.length < containers.length)) return [];
      const value = chosen.reduce((sum, { usage }) => sum + quantityMilli(usage?.[resource] ?? '0'), 0);
      const at = timestamp ? timeMs(timestamp) : ctx.clock.now();
      return [[metadata.name, { value, at, windowMs: parseDuration(window) ?? 0 }] as const];
    }),
  );
}

interface Metric {
  namespace: string;
  name: string;
  /** of the metric's own labels, as text */
  metricSelector: string;
}

/** Thousandths by pod, of the custom metrics API. @param selector of pods, as text */
export async function podsMetric(ctx: Context, selector: string, metric: Metric): Promise<Map<string, PodUsage>> {
  const values = await customValues(ctx, metric, ['pods', '*', metric.name], selector);
  if (values.length === 0) throw new Error('no metrics returned from custom metrics API');
  return new Map(
    values.map(({ describedObject, timestamp, window, windowSeconds = window, value = '0' }) => {
      const at = timestamp ? timeMs(timestamp) : ctx.clock.now();
      const windowMs = windowSeconds === undefined ? DEFAULT_WINDOW_MS : windowSeconds * 1000;
      return [describedObject?.name ?? '', { value: quantityMilli(value), at, windowMs }] as const;
    }),
  );
}

/** Thousandths, of one object of the namespace, or of the namespace itself, whatever name is said. */
export async function objectMetric(
  ctx: Context,
  { apiVersion = '', kind, name }: CrossVersionObjectReference,
  metric: Metric,
): Promise<number> {
  const { group } = parseApiVersion(apiVersion.includes('/') ? apiVersion : `/${apiVersion}`);
  const isNamespace = kind === 'Namespace' && group === '';
  const place = isNamespace ? ['metrics'] : [await resourceOf(ctx.client, group, kind), name];
  const values = await customValues(ctx, metric, [...place, metric.name]);
  const [value] = values;
  if (!value || values.length > 1) {
    const many = `the custom metrics API server returned ${values.length} results when we asked for exactly one`;
    throw new Error(`unable to fetch metrics from custom metrics API: ${many}`);
  }
  return quantityMilli(value.value ?? '0');
}

/** Thousandths, of each series that the selector takes. */
export async function externalMetric(ctx: Context, { namespace, name, metricSelector }: Metric): Promise<number[]> {
  const path = pathOf([EXTERNAL, 'v1beta1', 'namespaces', namespace, name], { labelSelector: metricSelector });
  const values = await read(ctx.client, path).catch((error: unknown) => {
    const why = said(error, `${name}.${EXTERNAL}`);
    throw new Error(`unable to fetch metrics from external metrics API: ${why}`, { cause: error });
  });
  if (!values) {
    const why = notServed(`${name}.${EXTERNAL}`);
    throw new Error(`unable to fetch metrics from external metrics API: ${why}`);
  }
  if (values.length === 0) throw new Error('no metrics returned from external metrics API');
  return values.map(({ value = '0' }) => quantityMilli(value));
}

async function customValues(
  { client }: Context,
  { namespace, metricSelector }: Metric,
  place: readonly string[],
  labelSelector = '',
): Promise<MetricValue[]> {
  const [resource = '', name = ''] = place;
  try {
    for (const version of CUSTOM_VERSIONS) {
      const query = { labelSelector, metricLabelSelector: metricSelector };
      const values = await read(client, pathOf([CUSTOM, version, 'namespaces', namespace, ...place], query));
      if (values) return values;
    }
  } catch (error) {
    const why = said(error, `${resource}.${CUSTOM} ${name}`);
    throw new Error(`unable to fetch metrics from custom metrics API: ${why}`, { cause: error });
  }
  const why = `no custom metrics API (${CUSTOM}) registered`;
  throw new Error(`unable to fetch metrics from custom metrics API: ${why}`);
}

async function resourceOf(client: Client, group: string, kind: string): Promise<string> {
  const known = (await client.resources()).find((each) => each.kind === kind && each.group === group);
  if (known) return known.resource;
  const why = `no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`;
  const text = `unable to map kind ${groupResourceName({ resource: kind, group })} to resource: ${why}`;
  throw new Error(`unable to fetch metrics from custom metrics API: ${text}`);
}

function pathOf(parts: readonly string[], query: Readonly<Record<string, string>>): string {
  const given = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '')).toString();
  return `/apis/${parts.map(encodeURIComponent).join('/')}${given && `?${given}`}`;
}

/** Undefined where nobody serves that group and version. */
async function read(client: Client, path: string): Promise<MetricValue[] | undefined> {
  const { aggregated } = await client.query<{ aggregated: { items?: MetricValue[] | null } | null }>(AGGREGATED, {
    path,
  });
  return aggregated ? (aggregated.items ?? []) : undefined;
}

const notServed = (what: string): string => `the server could not find the requested resource (get ${what})`;

/** As client-go puts it, which knows of an answer without a Status no more than its code. */
function said(error: unknown, what: string): string {
  if (isStatusError(error, 'ServiceUnavailable'))
    return `the server is currently unable to handle the request (get ${what})`;
  if (isStatusError(error, 'NotFound') && error.message.startsWith('the server could not find the requested resource'))
    return notServed(what);
  return errorMessage(error);
}
