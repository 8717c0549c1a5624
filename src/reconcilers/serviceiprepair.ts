import type { IPAddress, Service } from '../../schema/types.ts';
import { unlessChanged, unlessGone } from '../control/conflict.ts';
import type { Context, Key, Reconciler } from '../control/contract.ts';
import { keyFor, keyOf, splitKey } from '../control/keys.ts';
import { formatAddress, parseAddress, type Address } from '../meta/address.ts';
import { isStatusError } from '../meta/status.ts';
import { IP_ALLOCATOR, IP_FAMILY, isAssignable, MANAGED_BY, rangesOf } from '../rules/service-cidr.ts';

const ADDRESSES = 'ipaddresses.networking.k8s.io';
const CIDRS = 'servicecidrs.networking.k8s.io';
/** ms for which an address may be there before its Service */
const GRACE_MS = 60_000;

/**
 * Holds Services and the IPAddresses that stand for their addresses to each other. What the API writes is always whole;
 * this is for what others make of the addresses. Keys: a Service's `namespace/name`, an address.
 * Source: pkg/registry/core/service/ipallocator/controller.
 */
export const serviceiprepair: Reconciler = {
  name: 'ipallocator-repair',
  account: 'ipallocator-repair',
  source: 'ipallocator-repair-controller',
  action: (reason) =>
    reason.startsWith('IPAddress')
      ? 'IPAddressAllocation'
      : reason === 'ClusterIPNotValid'
        ? 'ClusterIPValidation'
        : 'ClusterIPAllocation',
  indexes: { services: { clusterIP: addressesOf } },
  watches: [
    { resource: 'services' },
    {
      resource: ADDRESSES,
      *keys(address, old, ctx): Iterable<Key> {
        const changed = address ?? old;
        if (!changed) return;
        yield changed.metadata.name;
        for (const service of ctx.informer('services').index('clusterIP', changed.metadata.name)) yield keyOf(service);
      },
    },
    {
      resource: CIDRS,
      *keys(cidr, _old, ctx): Iterable<Key> {
        if (!cidr) for (const service of ctx.informer('services').list()) yield keyOf(service);
      },
    },
  ],
  async reconcile(key, ctx) {
    if (!key.includes('/')) return checkAddress(key, ctx);
    const { namespace, name } = splitKey(key);
    const service = ctx.informer('services').get(namespace, name);
    if (service) for (const ip of clusterIPs(service)) await checkClusterIP(service, ip, ctx);
  },
};

const clusterIPs = ({ spec }: Service): string[] => {
  const { type, clusterIP, clusterIPs: ips = [] } = spec ?? {};
  return type === 'ExternalName' || !clusterIP || clusterIP === 'None' ? [] : ips;
};

/** In the form in which IPAddresses are named. */
function addressesOf(service: Service): string[] {
  return clusterIPs(service).flatMap((ip) => {
    const address = parseAddress(ip);
    return address ? [formatAddress(address)] : [];
  });
}

const familyOf = ({ family }: Address): string => `IPv${family}`;

async function checkClusterIP(service: Service, ip: string, ctx: Context): Promise<void> {
  const { namespace = '', name } = service.metadata;
  const warn = (reason: string, message: string): void =>
    ctx.events.event({ ...service, apiVersion: 'v1', kind: 'Service' }, 'Warning', reason, message);
  const address = parseAddress(ip);
  if (!address) return warn('ClusterIPNotValid', 'Cluster IP <nil> is not a valid IP; please recreate Service');
  const text = formatAddress(address);
  const what = `[${familyOf(address)}]: ${text}`;
  const isOfRange = ctx
    .informer(CIDRS)
    .list()
    .some((cidr) => rangesOf(cidr).some((range) => isAssignable(address, range)));
  if (!isOfRange)
    return warn(
      'ClusterIPOutOfRange',
      `Cluster IP ${what} is not within any configured Service CIDR; please recreate service`,
    );
  // the cache of one resource may be behind that of the other
  const record = ctx.informer(ADDRESSES).get('', text) ?? (await unlessGone(ctx.client.get(ADDRESSES, '', text)));
  if (!record) {
    if (!(await isStill(service, ctx))) return;
    warn('ClusterIPNotAllocated', `Cluster IP ${what} is not allocated; repairing`);
    return recreate(undefined, address, service, ctx);
  }
  const { group = '', resource, namespace: refNamespace = '', name: refName = '' } = record.spec?.parentRef ?? {};
  const wrong = `the ClusterIP ${what} for Service ${namespace}/${name} has a wrong reference; repairing`;
  if (group !== '' || resource !== 'services') {
    warn('ClusterIPNotAllocated', wrong);
    return recreate(record, address, service, ctx);
  }
  if (refNamespace !== namespace || refName !== name) {
    const other = await unlessGone(ctx.client.get('services', refNamespace, refName));
    if (!(await isStill(service, ctx))) return;
    if (!other) {
      warn('ClusterIPNotAllocated', wrong);
      return recreate(record, address, service, ctx);
    }
    if (addressesOf(other).includes(text))
      warn(
        'ClusterIPAlreadyAllocated',
        `Cluster IP [${familyOf(address)}]:${text} was assigned to multiple services; please recreate service`,
      );
  }
  const { labels = {} } = record.metadata;
  if (labels[IP_FAMILY] !== familyOf(address) || labels[MANAGED_BY] !== IP_ALLOCATOR)
    await recreate(record, address, service, ctx);
}

/** It has not been deleted, or made anew, while the cache had it. */
async function isStill({ metadata: { namespace = '', name, uid } }: Service, ctx: Context): Promise<boolean> {
  return (await unlessGone(ctx.client.get('services', namespace, name)))?.metadata.uid === uid;
}

/** What an address stands for cannot be changed: it is made anew. */
async function recreate(
  wrong: IPAddress | undefined,
  address: Address,
  { metadata: { namespace = '', name } }: Service,
  ctx: Context,
): Promise<void> {
  const ip = formatAddress(address);
  if (wrong) await unlessChanged(ctx.client.delete(ADDRESSES, '', ip, { uid: wrong.metadata.uid }));
  const labels = { [IP_FAMILY]: familyOf(address), [MANAGED_BY]: IP_ALLOCATOR };
  const record = { metadata: { name: ip, labels }, spec: { parentRef: { resource: 'services', namespace, name } } };
  try {
    await ctx.client.create(ADDRESSES, { apiVersion: 'networking.k8s.io/v1', kind: 'IPAddress', ...record });
  } catch (error) {
    // the API has written it in the meantime: it is looked at again when it is seen
    if (!isStatusError(error, 'AlreadyExists')) throw error;
  }
}

/** An address that the allocator made belongs to a Service that has it, or goes. */
async function checkAddress(ip: string, ctx: Context): Promise<{ requeueAfter: number } | void> {
  const record = ctx.informer(ADDRESSES).get('', ip);
  if (!record || record.metadata.labels?.[MANAGED_BY] !== IP_ALLOCATOR) return;
  const { group = '', resource = '', namespace = '', name = '' } = record.spec?.parentRef ?? {};
  const remove = async (reason: string, message: string): Promise<void> => {
    // it may have gone with its Service, which the cache has been told of first
    if ((await unlessGone(ctx.client.get(ADDRESSES, '', ip)))?.metadata.uid !== record.metadata.uid) return;
    const about = { ...record, apiVersion: 'networking.k8s.io/v1', kind: 'IPAddress' };
    ctx.events.event(about, 'Warning', reason, message);
    await unlessChanged(ctx.client.delete(ADDRESSES, '', ip, { uid: record.metadata.uid }));
  };
  if (group !== '' || resource !== 'services') {
    const ref = `&ParentReference{Group:${group},Resource:${resource},Namespace:${namespace},Name:${name},}`;
    const message = `IPAddress ${ip} appears to have been modified, not referencing a Service ${ref}: cleaning up`;
    return remove('IPAddressNotAllocated', message);
  }
  const known = ctx.informer('services').get(namespace, name);
  if (known && addressesOf(known).includes(ip)) return;
  const service = await unlessGone(ctx.client.get('services', namespace, name));
  if (service && addressesOf(service).includes(ip)) return;
  const what = `IPAddress: ${ip} for Service ${keyFor(namespace, name)}`;
  const age = ctx.clock.now() - Date.parse(record.metadata.creationTimestamp ?? '');
  if (service) return remove('IPAddressWrongReference', `${what} has a wrong reference; cleaning up`);
  if (age <= GRACE_MS) return { requeueAfter: GRACE_MS - age + 1 };
  return remove('IPAddressNotAllocated', `${what} appears to have leaked: cleaning up`);
}
