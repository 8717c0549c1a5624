import type { EndpointSlice, Pod, Service } from '../../../schema/types.ts';
import type { Client, Informer } from '../../client/contract.ts';
import { labelSelectorAsSelector, type LabelSelectorLike, type Selector } from '../../meta/labels.ts';
import type { KubeObject, ObjectLike } from '../../meta/object.ts';
import { isRecord } from '../../meta/record.ts';
import { isStatusError } from '../../meta/status.ts';
import { endpointsOf } from '../../rules/service-slices.ts';
import { byNamespace, inTurn } from '../fair-share.ts';
import { targetOf, type Target } from './targets.ts';

const GROUP = 'monitoring.coreos.com';
/** Of each kind that count; endpoints and namespaces of one, and what its selector names. */
const MAX_MONITORS = 500;
const MAX_ENDPOINTS = 16;
const MAX_NAMESPACES = 100;
const MAX_REQUIREMENTS = 100;
/** Objects that all monitors of a round look at. */
const MAX_LOOKED = 500_000;

/** A PodMonitor or ServiceMonitor, as far as it counts. Source: monitoring.coreos.com/v1 of prometheus-operator. */
interface Monitor {
  selector: Selector;
  /** what it looks at in its own namespace, and in others: a pod is asked first where its own namespace says */
  own: Namespaces;
  others: Namespaces;
  endpoints: readonly Endpoint[];
}
type Namespaces = readonly string[] | 'all';
interface Endpoint {
  port: string | undefined;
  portNumber: number | undefined;
  targetPort: string | number | undefined;
  path: string | undefined;
  scheme: string | undefined;
}

export interface MonitorSources {
  client: Pick<Client, 'list'>;
  pods: Pick<Informer<Pod>, 'list' | 'get'>;
  services: Pick<Informer<Service>, 'list'>;
  /** the slices of a Service */
  slicesOf(namespace: string, service: string): readonly EndpointSlice[];
}

/**
 * Where the monitors of the cluster lead; to nowhere where their definitions are not installed. With each object that is
 * looked at there is an answer, which may be none, so that whoever reads them can let others have a turn.
 */
export async function monitoredTargets(sources: MonitorSources): Promise<Iterable<Target | undefined>> {
  const [ofPods, ofServices] = await Promise.all([
    monitors(sources.client, `podmonitors.${GROUP}`, 'podMetricsEndpoints'),
    monitors(sources.client, `servicemonitors.${GROUP}`, 'endpoints'),
  ]);
  const targetsOf = (part: 'own' | 'others'): Iterable<Iterable<Target | undefined>> =>
    inTurn([
      ofPods.map((monitor) => podTargets(monitor, monitor[part], sources)),
      ofServices.map((monitor) => serviceTargets(monitor, monitor[part], sources)),
    ]);
  return bounded([...targetsOf('own'), ...targetsOf('others')]);
}

function* bounded(all: Iterable<Iterable<Target | undefined>>): Generator<Target | undefined> {
  let looked = 0;
  for (const targets of all)
    for (const target of targets) {
      if (looked++ >= MAX_LOOKED) return;
      yield target;
    }
}

async function monitors(client: Pick<Client, 'list'>, resource: string, endpoints: string): Promise<Monitor[]> {
  try {
    const { items } = await client.list(resource);
    const chosen = [...inTurn(byNamespace(items))].slice(0, MAX_MONITORS);
    return chosen.flatMap((item) => monitorOf(item, endpoints) ?? []);
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return [];
    throw error;
  }
}

/** Undefined where it is written in a way that means nothing: the definition may let anything through. */
function monitorOf({ metadata, spec }: KubeObject & { spec?: unknown }, field: string): Monitor | undefined {
  if (!isRecord(spec)) return undefined;
  const { selector = {}, namespaceSelector = {}, [field]: endpoints } = spec;
  if (!isSelector(selector) || !isRecord(namespaceSelector) || !Array.isArray(endpoints)) return undefined;
  try {
    return {
      selector: labelSelectorAsSelector(selector),
      ...namespacesOf(namespaceSelector, metadata.namespace ?? ''),
      endpoints: endpoints.slice(0, MAX_ENDPOINTS).filter(isRecord).map(endpointOf),
    };
  } catch {
    return undefined;
  }
}

function isSelector(value: unknown): value is LabelSelectorLike {
  if (!isRecord(value)) return false;
  const { matchLabels = {}, matchExpressions = [] } = value;
  if (!isRecord(matchLabels) || !Array.isArray(matchExpressions)) return false;
  const isGood = (one: unknown): boolean =>
    isRecord(one) && (one['values'] === undefined || (Array.isArray(one['values']) && one['values'].every(isText)));
  const labels = Object.values(matchLabels);
  return (
    labels.length + matchExpressions.length <= MAX_REQUIREMENTS &&
    labels.every(isText) &&
    matchExpressions.every(isGood)
  );
}

function namespacesOf({ any, matchNames }: Record<string, unknown>, own: string): Pick<Monitor, 'own' | 'others'> {
  if (any === true) return { own: [own], others: 'all' };
  if (!Array.isArray(matchNames)) return { own: [own], others: [] };
  const names = new Set(matchNames.filter(isText));
  return { own: names.delete(own) ? [own] : [], others: [...names].slice(0, MAX_NAMESPACES) };
}

const isText = (value: unknown): value is string => typeof value === 'string';
const text = (value: unknown): string | undefined => (isText(value) ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
const endpointOf = ({ port, portNumber, targetPort, path, scheme }: Record<string, unknown>): Endpoint => ({
  port: text(port),
  portNumber: number(portNumber),
  targetPort: text(targetPort) ?? number(targetPort),
  path: text(path),
  scheme: text(scheme),
});

/** What is in the namespaces of a monitor; undefined for each that it does not select. */
function* selected<T extends ObjectLike>(
  selector: Selector,
  namespaces: Namespaces,
  informer: Pick<Informer<T>, 'list'>,
): Generator<T | undefined> {
  for (const name of namespaces === 'all' ? [undefined] : namespaces)
    for (const object of informer.list(name)) yield selector.matches(object.metadata.labels) ? object : undefined;
}

function* podTargets(
  { selector, endpoints }: Monitor,
  namespaces: Namespaces,
  { pods }: MonitorSources,
): Generator<Target | undefined> {
  for (const pod of selected(selector, namespaces, pods)) {
    if (!pod) yield undefined;
    else
      for (const { port, portNumber, targetPort, path, scheme } of endpoints)
        yield targetOf(pod, { port: port ?? portNumber ?? targetPort, path, scheme });
  }
}

/** By the endpoints of the services' slices, which know each port's number at each pod. */
function* serviceTargets(
  { selector, endpoints }: Monitor,
  namespaces: Namespaces,
  { services, slicesOf, pods }: MonitorSources,
): Generator<Target | undefined> {
  for (const service of selected(selector, namespaces, services)) {
    yield undefined;
    if (!service) continue;
    const { name, namespace = '' } = service.metadata;
    for (const slice of slicesOf(namespace, name))
      for (const { targetRef } of endpointsOf(slice)) {
        const pod = targetRef?.kind === 'Pod' ? pods.get(namespace, targetRef.name ?? '') : undefined;
        if (!pod) yield undefined;
        else
          for (const { port, targetPort, path, scheme } of endpoints) {
            const found = slice.ports?.find((each) => port !== undefined && (each.name ?? '') === port)?.port;
            yield targetOf(pod, { port: found ?? targetPort, path, scheme });
          }
      }
  }
}
