import type { EndpointSlice, Pod, Service } from '../../../schema/types.ts';
import type { Client, Informer } from '../../client/contract.ts';
import { labelSelectorAsSelector, type LabelSelectorLike, type Selector } from '../../meta/labels.ts';
import type { KubeObject, ObjectLike } from '../../meta/object.ts';
import { isStatusError } from '../../meta/status.ts';
import { endpointsOf, SERVICE_NAME } from '../../rules/service-slices.ts';
import { targetOf, type Target } from './targets.ts';

const GROUP = 'monitoring.coreos.com';
/** Of each kind that count, and endpoints of one. */
const MAX_MONITORS = 500;
const MAX_ENDPOINTS = 16;

/** A PodMonitor or ServiceMonitor, as far as it counts. Source: monitoring.coreos.com/v1 of prometheus-operator. */
interface Monitor {
  namespace: string;
  selector: Selector;
  /** undefined: its own; '*': all */
  namespaces: readonly string[] | '*' | undefined;
  endpoints: readonly Endpoint[];
}
interface Endpoint {
  port?: string;
  portNumber?: number;
  targetPort?: string | number;
  path?: string;
  scheme?: string;
}

export interface MonitorSources {
  client: Client;
  pods: Informer<Pod>;
  services: Informer<Service>;
  slices: Informer<EndpointSlice>;
}

/** Where the monitors of the cluster lead; to nowhere where their definitions are not installed. */
export async function monitoredTargets(sources: MonitorSources): Promise<Target[]> {
  const [ofPods, ofServices] = await Promise.all([
    monitors(sources.client, `podmonitors.${GROUP}`, 'podMetricsEndpoints'),
    monitors(sources.client, `servicemonitors.${GROUP}`, 'endpoints'),
  ]);
  return [
    ...ofPods.flatMap((monitor) => podTargets(monitor, sources)),
    ...ofServices.flatMap((monitor) => serviceTargets(monitor, sources)),
  ];
}

async function monitors(client: Client, resource: string, endpoints: string): Promise<Monitor[]> {
  try {
    const { items } = await client.list(resource);
    return items.slice(0, MAX_MONITORS).flatMap((item) => monitorOf(item, endpoints) ?? []);
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return [];
    throw error;
  }
}

/** Undefined where it is written in a way that means nothing. */
function monitorOf({ metadata, spec }: KubeObject & { spec?: unknown }, field: string): Monitor | undefined {
  const { selector, namespaceSelector, [field]: endpoints } = (spec ?? {}) as Record<string, unknown>;
  const { any, matchNames } = (namespaceSelector ?? {}) as { any?: boolean; matchNames?: string[] };
  if (!Array.isArray(endpoints)) return undefined;
  try {
    return {
      namespace: metadata.namespace ?? '',
      selector: labelSelectorAsSelector((selector ?? {}) as LabelSelectorLike),
      namespaces: any ? '*' : matchNames,
      endpoints: (endpoints as Endpoint[]).slice(0, MAX_ENDPOINTS),
    };
  } catch {
    return undefined;
  }
}

/** What a monitor selects among the objects of its namespaces. */
function selected<T extends ObjectLike>(
  { namespace, namespaces, selector }: Monitor,
  informer: Pick<Informer<T>, 'list'>,
): T[] {
  const names = namespaces === '*' ? [undefined] : (namespaces ?? [namespace]);
  return names.flatMap((name) => informer.list(name)).filter(({ metadata }) => selector.matches(metadata.labels));
}

const podTargets = (monitor: Monitor, { pods }: MonitorSources): Target[] =>
  selected(monitor, pods).flatMap((pod) =>
    monitor.endpoints.flatMap((endpoint) => {
      const { port, portNumber, targetPort, path, scheme } = endpoint;
      return targetOf(pod, { port: port ?? portNumber ?? targetPort, path, scheme }) ?? [];
    }),
  );

/** By the endpoints of the services' slices, which know each port's number at each pod. */
function serviceTargets(monitor: Monitor, { services, slices, pods }: MonitorSources): Target[] {
  return selected(monitor, services).flatMap(({ metadata: { name, namespace = '' } }) =>
    slices
      .list(namespace)
      .filter(({ metadata }) => metadata.labels?.[SERVICE_NAME] === name)
      .flatMap((slice) =>
        endpointsOf(slice).flatMap(({ targetRef }) => {
          const pod = targetRef?.kind === 'Pod' ? pods.get(namespace, targetRef.name ?? '') : undefined;
          if (!pod) return [];
          return monitor.endpoints.flatMap(({ port, targetPort, path, scheme }) => {
            const number = slice.ports?.find((each) => port !== undefined && (each.name ?? '') === port)?.port;
            return targetOf(pod, { port: number ?? targetPort, path, scheme }) ?? [];
          });
        }),
      ),
  );
}
