import type { Endpoint, EndpointAddress, Endpoints } from '../../schema/types.ts';
import type { Reconciler } from '../control/contract.ts';
import { unlessGone } from '../control/conflict.ts';
import { controllerRef, splitKey } from '../control/keys.ts';
import { ENDPOINTS_MANAGED_BY } from './endpoints.ts';
import { SERVICE_NAME, servicesOfSlice } from '../rules/service-slices.ts';
import { MANAGED_BY, SLICES, TRIGGER_TIME } from './endpointslice.ts';
import type { PortGroup } from './endpoint-addresses.ts';
import { planSlices } from './slice-plan.ts';

const MANAGER = 'endpointslicemirroring-controller.k8s.io';
const SKIP = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER = 'control-plane.alpha.kubernetes.io/leader';
/** Endpoints of one slice, and addresses taken of one subset. */
const SIZE = 1000;

/** Slices for Endpoints that somebody wrote by hand, for services without a selector. */
export const endpointslicemirroring: Reconciler = {
  name: 'endpointslicemirroring',
  source: 'endpoint-slice-mirroring-controller',
  indexes: { [SLICES]: { service: servicesOfSlice } },
  watches: [
    { resource: 'endpoints' },
    { resource: 'services' },
    {
      resource: SLICES,
      *keys(slice, old) {
        const object = slice ?? old;
        if (object?.metadata.labels?.[MANAGED_BY] === MANAGER) yield* servicesOfSlice(object);
      },
    },
  ],
  async reconcile(key, ctx) {
    const { namespace, name } = splitKey(key);
    const source = ctx.informer('endpoints').get(namespace, name);
    const service = ctx.informer('services').get(namespace, name);
    const existing = ctx
      .informer(SLICES)
      .index('service', key)
      .filter((slice) => slice.metadata.labels?.[MANAGED_BY] === MANAGER);
    const mirrored = source && service && shouldMirror(source) && !service.spec?.selector;
    if (!mirrored) {
      for (const slice of existing) await unlessGone(ctx.client.delete(SLICES, namespace, slice.metadata.name));
      return;
    }
    const { [SERVICE_NAME]: _, [MANAGED_BY]: __, ...own } = source.metadata.labels ?? {};
    const labels = { ...own, [SERVICE_NAME]: name, [MANAGED_BY]: MANAGER };
    const {
      [TRIGGER_TIME]: ___,
      'kubectl.kubernetes.io/last-applied-configuration': ____,
      ...annotations
    } = source.metadata.annotations ?? {};
    for (const family of ['IPv4', 'IPv6'] as const) {
      const plan = planSlices(
        family,
        groupsOf(source, family),
        existing.filter((slice) => slice.addressType === family),
        labels,
        SIZE,
      );
      for (const { addressType, ports, endpoints } of plan.create) {
        const ownerReferences = [controllerRef(source, 'v1', 'Endpoints')];
        const metadata = { generateName: `${name}-`, namespace, labels, annotations, ownerReferences };
        const slice = {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata,
          addressType,
          endpoints,
          ports,
        };
        await ctx.client.create(SLICES, slice);
      }
      for (const slice of plan.update) await unlessGone(ctx.client.update(SLICES, slice));
      for (const slice of plan.remove) await unlessGone(ctx.client.delete(SLICES, namespace, slice.metadata.name));
    }
  },
};

const shouldMirror = ({ metadata }: Endpoints): boolean =>
  metadata.labels?.[SKIP] !== 'true' &&
  metadata.labels?.[ENDPOINTS_MANAGED_BY] === undefined &&
  metadata.annotations?.[LEADER] === undefined;

function groupsOf(source: Endpoints, family: string): PortGroup[] {
  return (source.subsets ?? []).flatMap((subset) => {
    const ports = (subset.ports ?? []).map(({ name = '', ...port }) => ({ name, ...port }));
    const of = (address: EndpointAddress, ready: boolean): Endpoint => ({
      addresses: [address.ip],
      conditions: { ready },
      ...(address.hostname && { hostname: address.hostname }),
      ...(address.targetRef && { targetRef: address.targetRef }),
      ...(address.nodeName && { nodeName: address.nodeName }),
    });
    const all = [
      ...(subset.addresses ?? []).map((a) => of(a, true)),
      ...(subset.notReadyAddresses ?? []).map((a) => of(a, false)),
    ];
    const endpoints = all.filter(({ addresses }) => addresses[0]!.includes(':') === (family === 'IPv6')).slice(0, SIZE);
    return endpoints.length ? [{ ports, endpoints }] : [];
  });
}
