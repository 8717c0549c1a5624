import type { EndpointSlice, Service } from '../../schema/types.ts';
import { errorMessage } from '../meta/error-message.ts';
import { formatTime } from '../meta/time.ts';
import type { Context, Reconciler } from '../control/contract.ts';
import { semanticEqual } from '../control/equal.ts';
import { controllerRef, keyOf, splitKey } from '../control/keys.ts';
import { SERVICE_NAME, servicesOfSlice } from '../rules/service-slices.ts';
import { mapMatcher } from '../control/selector.ts';
import { unlessGone } from '../control/conflict.ts';
import { isNamespaceTerminating } from '../rules/namespace-terminating.ts';
import { portGroups, type PortGroup } from './endpoint-addresses.ts';
import { servicesOfPod } from './services-of-pod.ts';
import { planSlices, type SlicePlan } from './slice-plan.ts';
import {
  asksForHints,
  capacityOf,
  distribute,
  keepHints,
  spread,
  withoutHints,
  zoneShares,
  type ZoneShares,
} from './topology-hints.ts';

export const SLICES = 'endpointslices.discovery.k8s.io';
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';
const MANAGER = 'endpointslice-controller.k8s.io';
/** Endpoints of one slice. */
const SLICE_SIZE = 100;

/** Keeps the slices of services that select pods. A service without a selector is somebody else's. */
export function endpointslice(): Reconciler {
  /** keys of services whose endpoints are spread over the zones */
  const hinted = new Set<string>();
  /** undefined: to be read off the nodes again */
  let shares: { of: ZoneShares | undefined } | undefined;

  /** The hints of a service that asks for them by its annotation, and what is told of them. */
  function weigh(key: string, service: Service, plan: SlicePlan, slices: readonly EndpointSlice[], ctx: Context) {
    if (!asksForHints(service))
      return hinted.delete(key) ? (['Warning', 'Topology Aware Hints has been disabled'] as const) : undefined;
    shares ??= { of: zoneShares(ctx.informer('nodes').list()) };
    const why = spread(plan, slices, shares.of);
    if (why !== undefined) {
      withoutHints(plan, slices);
      hinted.delete(key);
      return ['Warning', why] as const;
    }
    if (hinted.has(key)) return undefined;
    hinted.add(key);
    return ['Normal', 'Topology Aware Hints has been enabled'] as const;
  }

  return {
    name: 'endpointslice',
    source: 'endpoint-slice-controller',
    indexes: { [SLICES]: { service: servicesOfSlice } },
    watches: [
      { resource: 'services' },
      { resource: 'pods', keys: servicesOfPod },
      { resource: SLICES, keys: (slice, old) => ours(slice ?? old) },
      {
        resource: 'nodes',
        *keys(node, old, ctx) {
          if (semanticEqual(node && capacityOf(node), old && capacityOf(old))) return;
          shares = undefined;
          for (const service of ctx.informer('services').list()) if (asksForHints(service)) yield keyOf(service);
        },
      },
    ],
    async reconcile(key, ctx) {
      const { namespace, name } = splitKey(key);
      const service = ctx.informer('services').get(namespace, name);
      if (!service) hinted.delete(key);
      if (!service?.spec?.selector || service.metadata.deletionTimestamp || service.spec.type === 'ExternalName')
        return;
      const existing = ctx
        .informer(SLICES)
        .index('service', key)
        .filter((slice) => slice.metadata.labels?.[MANAGED_BY] === MANAGER);
      const matches = mapMatcher(service.spec.selector);
      const pods = ctx
        .informer('pods')
        .list(namespace)
        .filter((pod) => matches(pod.metadata.labels));
      const said = (service.spec.ipFamilies ?? []).flatMap((family) => family || []);
      const families: EndpointSlice['addressType'][] = said.length ? said : ['IPv4'];
      const about = { ...service, apiVersion: 'v1', kind: 'Service' };
      const write = async (run: () => Promise<void>): Promise<void> =>
        run().catch((error: unknown) => {
          const message = `Error updating Endpoint Slices for Service ${key}: ${errorMessage(error)}`;
          ctx.events.event(about, 'Warning', 'FailedToUpdateEndpointSlices', message);
          throw error;
        });
      for (const family of families) {
        const groups: PortGroup[] = portGroups(service, pods, family, (node) => ctx.informer('nodes').get('', node));
        // A service without endpoints has one empty slice, so that who watches slices knows that there is none.
        const wanted = groups.length ? groups : [{ ports: [], endpoints: [] }];
        const slices = existing.filter((slice) => slice.addressType === family);
        const endpoints = wanted.flatMap((group) => group.endpoints);
        if (asksForHints(service)) keepHints(endpoints, slices);
        else distribute(service, endpoints);
        const plan = planSlices(family, wanted, slices, labelsFor(service), SLICE_SIZE);
        const told = weigh(key, service, plan, slices, ctx);
        if (told) {
          const [type, why] = told;
          const reason = `TopologyAwareHints${type === 'Normal' ? 'Enabled' : 'Disabled'}`;
          ctx.events.event(about, type, reason, `${why}, addressType: ${family}`);
        }
        await write(() => apply(plan, service, ctx));
      }
      for (const slice of existing) if (!families.includes(slice.addressType)) await write(() => remove(slice, ctx));
    },
  };
}

function* ours(slice: EndpointSlice | undefined): Iterable<string> {
  if (slice?.metadata.labels?.[MANAGED_BY] === MANAGER) yield* servicesOfSlice(slice);
}

function labelsFor(service: Service): Record<string, string> {
  const {
    [SERVICE_NAME]: _,
    [MANAGED_BY]: __,
    'service.kubernetes.io/headless': ___,
    ...labels
  } = service.metadata.labels ?? {};
  const headless = service.spec?.clusterIP === 'None';
  return {
    ...labels,
    [SERVICE_NAME]: service.metadata.name,
    [MANAGED_BY]: MANAGER,
    ...(headless && { 'service.kubernetes.io/headless': '' }),
  };
}

async function apply(plan: SlicePlan, service: Service, ctx: Context): Promise<void> {
  const annotations = { [TRIGGER_TIME]: formatTime(ctx.clock.now()) };
  for (const { addressType, ports, endpoints } of plan.create) {
    const metadata = {
      generateName: `${service.metadata.name}-`,
      namespace: service.metadata.namespace,
      labels: labelsFor(service),
      annotations: endpoints.length ? annotations : {},
      ownerReferences: [controllerRef(service, 'v1', 'Service')],
    };
    const slice = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType, endpoints, ports };
    try {
      await ctx.client.create(SLICES, slice);
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
      return;
    }
  }
  for (const slice of plan.update) {
    await unlessGone(
      ctx.client.update(SLICES, {
        ...slice,
        metadata: { ...slice.metadata, annotations: { ...slice.metadata.annotations, ...annotations } },
      }),
    );
  }
  for (const slice of plan.remove) await remove(slice, ctx);
}

async function remove(slice: EndpointSlice, ctx: Context): Promise<void> {
  await unlessGone(ctx.client.delete(SLICES, slice.metadata.namespace ?? '', slice.metadata.name));
}
