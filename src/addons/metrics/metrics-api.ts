import type { Node, Pod } from '../../../schema/types.ts';
import type { Informer } from '../../client/contract.ts';
import { parseFieldSelector } from '../../meta/fields.ts';
import { parseLabelSelector } from '../../meta/labels.ts';
import { badRequest, methodNotAllowed, noSuchResource, notAcceptable, notFound } from '../../meta/status.ts';
import type { ObjectMeta } from '../../meta/object.ts';
import type { Clock } from '../../rules/clock.ts';
import { partsOf, type AggregatedApi, type Question } from '../aggregated-server.ts';
import { GROUP, VERSION } from './manifests.ts';
import { nodeMetrics, podMetrics, type NodeMetrics, type PodMetrics } from './metrics-objects.ts';
import { metricsTable } from './metrics-table.ts';
import type { Readings } from './readings.ts';
import { documents } from './openapi.ts';

export interface MetricsApiOptions {
  nodes: Pick<Informer<Node>, 'get' | 'list'>;
  pods: Pick<Informer<Pod>, 'get' | 'list'>;
  readings: Readings;
  clock: Pick<Clock, 'now'>;
}

const API_VERSION = `${GROUP}/${VERSION}`;
const ROOT = `/apis/${API_VERSION}`;
const NODES = { group: '', resource: 'nodes' };
const PODS = { group: '', resource: 'pods' };
const VERBS = ['get', 'list'];
const resource = (name: string, kind: string, namespaced: boolean) => ({
  name,
  singularName: '',
  namespaced,
  kind,
  verbs: VERBS,
});
const PLACE = new RegExp(`^${ROOT}/(?:namespaces/([^/]+)/)?(nodes|pods)(?:/([^/]+))?$`);

/** metrics.k8s.io/v1beta1 as metrics-server serves it. Source: pkg/api of metrics-server. */
export class MetricsApi implements AggregatedApi {
  readonly documents = documents;

  constructor(private readonly options: MetricsApiOptions) {}

  /** The document that is answered. @throws StatusError */
  answer(question: Question): object {
    const { method, accept } = question;
    const { path, query } = partsOf(question);
    const table = wantsTable(accept);
    if (path === ROOT) {
      const resources = [resource('nodes', 'NodeMetrics', false), resource('pods', 'PodMetrics', true)];
      return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: API_VERSION, resources };
    }
    if (path === `/apis/${GROUP}`) {
      const version = { groupVersion: API_VERSION, version: VERSION };
      return { kind: 'APIGroup', apiVersion: 'v1', name: GROUP, versions: [version], preferredVersion: version };
    }
    const [whole, namespace = '', plural = '', encoded = ''] = PLACE.exec(path) ?? [];
    const isNode = plural === 'nodes';
    if (whole === undefined || (isNode && namespace) || (!isNode && encoded && !namespace)) throw noSuchResource();
    const watches = ['1', 'true'].includes(query.get('watch') ?? '');
    if (method !== 'GET' || watches)
      throw methodNotAllowed({ group: GROUP, resource: plural }, watches ? 'watch' : verbOf(method));
    if (encoded) {
      const name = decoded(encoded);
      const found = isNode ? this.node(name) : this.pod(decoded(namespace), name);
      return table ? metricsTable([found]) : found;
    }
    const items = this.list(isNode, decoded(namespace), query);
    if (table) return metricsTable(items);
    return { kind: isNode ? 'NodeMetricsList' : 'PodMetricsList', apiVersion: API_VERSION, metadata: {}, items };
  }

  private node(name: string): NodeMetrics {
    const { nodes, readings, clock } = this.options;
    const node = nodes.get('', name);
    if (!node) throw notFound(NODES, name);
    const found = nodeMetrics(node, readings, clock.now());
    if (!found) throw notFound({ group: GROUP, resource: 'nodemetrics' }, name);
    return found;
  }

  private pod(namespace: string, name: string): PodMetrics {
    const { pods, readings, clock } = this.options;
    const pod = pods.get(namespace, name);
    if (!pod) throw notFound(PODS, name);
    const found = podMetrics(pod, readings, clock.now());
    if (!found) throw notFound({ group: GROUP, resource: 'podmetrics' }, `${namespace}/${name}`);
    return found;
  }

  private list(isNode: boolean, namespace: string, query: URLSearchParams): (NodeMetrics | PodMetrics)[] {
    const { nodes, pods, readings, clock } = this.options;
    const labels = parseLabelSelector(query.get('labelSelector') ?? '');
    const inFields = fieldFilter(query.get('fieldSelector') ?? '');
    const selected = ({ metadata }: { metadata: ObjectMeta }): boolean =>
      labels.matches(metadata.labels) && inFields(metadata);
    const now = clock.now();
    const found = isNode
      ? nodes.list().flatMap((node) => (selected(node) ? (nodeMetrics(node, readings, now) ?? []) : []))
      : pods
          .list(namespace || undefined)
          .flatMap((pod) => (selected(pod) ? (podMetrics(pod, readings, now) ?? []) : []));
    return found.sort(
      ({ metadata: a }, { metadata: b }) => compare(a.namespace ?? '', b.namespace ?? '') || compare(a.name, b.name),
    );
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Objects have but two fields to select by. */
function fieldFilter(text: string): (metadata: ObjectMeta) => boolean {
  const terms = parseFieldSelector(text);
  return ({ name, namespace = '' }) =>
    terms.every(({ field, operator, value }) => {
      const actual = field === 'metadata.name' ? name : field === 'metadata.namespace' ? namespace : '';
      return (actual === value) === (operator === '=');
    });
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badRequest(`invalid path: ${part}`);
  }
}

const VERB: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };
const verbOf = (method: string): string => VERB[method] ?? method.toLowerCase();

/** Whether the first form that is acceptable is a table. Only JSON is written. @throws StatusError 406 */
function wantsTable(accept: string): boolean {
  if (!accept) return false;
  for (const part of accept.split(',')) {
    const [type = '', ...params] = part.split(';').map((each) => each.trim());
    if (!['application/json', 'application/*', '*/*'].includes(type)) continue;
    const as = params.find((each) => each.startsWith('as='))?.slice(3);
    if (as === undefined) return false;
    if (as === 'Table') return true;
  }
  throw notAcceptable('only the following media types are accepted: application/json');
}
