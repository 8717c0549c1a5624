import type { Condition, IPAddress, ServiceCIDR } from '../../schema/types.ts';
import { conditionOf } from '../control/conditions.ts';
import { unlessGone } from '../control/conflict.ts';
import type { Context, Key, Reconciler } from '../control/contract.ts';
import { parseAddress, type Address, type Range } from '../meta/address.ts';
import { formatTime } from '../meta/time.ts';
import { IP_ALLOCATOR, isAssignable, isWithin, MANAGED_BY, overlap, rangesOf } from '../rules/service-cidr.ts';

const CIDRS = 'servicecidrs.networking.k8s.io';
const ADDRESSES = 'ipaddresses.networking.k8s.io';
const FINALIZER = 'networking.k8s.io/service-cidr-finalizer';
const MANAGER = 'service-cidr-controller';
/** ms after the deletion: until then every API process knows that it must give no more addresses of the range */
const GRACE_MS = 10_000;

/**
 * Says that ServiceCIDRs are ready, and keeps those that are being deleted until no address would be left without a
 * range. Source: pkg/controller/servicecidrs.
 */
export const servicecidrs: Reconciler = {
  name: 'service-cidrs',
  source: MANAGER,
  watches: [
    {
      resource: CIDRS,
      *keys(cidr, old, ctx): Iterable<Key> {
        const changed = cidr ?? old;
        if (!changed) return;
        yield changed.metadata.name;
        // another range that has the same addresses may let one go, or hold it no more
        if (cidr && old) return;
        const ranges = rangesOf(changed);
        for (const other of ctx.informer(CIDRS).list())
          if (rangesOf(other).some((one) => ranges.some((range) => overlap(one, range)))) yield other.metadata.name;
      },
    },
    {
      resource: ADDRESSES,
      *keys(address, old, ctx): Iterable<Key> {
        const changed = address ?? old;
        if (!changed || (address && old) || !isManaged(changed)) return;
        for (const cidr of holdersOf(changed, ctx)) yield cidr.metadata.name;
      },
    },
  ],
  async reconcile(name, ctx) {
    const cidr = ctx.informer(CIDRS).get('', name);
    if (!cidr) return;
    if (cidr.metadata.deletionTimestamp) return terminate(cidr, ctx);
    const { finalizers = [] } = cidr.metadata;
    if (!finalizers.includes(FINALIZER)) await putFinalizers(cidr, [...finalizers, FINALIZER], ctx);
    try {
      await setReady(cidr, { status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' }, ctx);
    } catch (error) {
      const about = { ...cidr, apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR' };
      const message = 'The ServiceCIDR Status can not be set to Ready=True';
      ctx.events.event(about, 'Warning', 'KubernetesServiceCIDRError', message);
      throw error;
    }
  },
};

const isManaged = ({ metadata }: IPAddress): boolean => metadata.labels?.[MANAGED_BY] === IP_ALLOCATOR;

/** The ServiceCIDRs that an address may be of. */
function holdersOf({ metadata: { name } }: IPAddress, ctx: Context): ServiceCIDR[] {
  const address = parseAddress(name);
  if (!address) return [];
  return ctx
    .informer(CIDRS)
    .list()
    .filter((cidr) => rangesOf(cidr).some((range) => isAssignable(address, range)));
}

async function terminate(cidr: ServiceCIDR, ctx: Context): Promise<{ requeueAfter: number } | void> {
  const { deletionTimestamp = '', finalizers = [] } = cidr.metadata;
  if (!finalizers.includes(FINALIZER)) return;
  if (isNeeded(cidr, ctx)) {
    const message =
      'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR';
    return setReady(cidr, { status: 'False', reason: 'Terminating', message }, ctx);
  }
  const left = Date.parse(deletionTimestamp) + GRACE_MS - ctx.clock.now();
  if (left > 0) return { requeueAfter: left };
  const others = finalizers.filter((one) => one !== FINALIZER);
  await putFinalizers(cidr, others, ctx);
}

/** Some address is of this range alone. */
function isNeeded(cidr: ServiceCIDR, ctx: Context): boolean {
  const { name } = cidr.metadata;
  const others = ctx
    .informer(CIDRS)
    .list()
    .filter((other) => other.metadata.name !== name)
    .flatMap(rangesOf);
  const ranges = rangesOf(cidr);
  if (ranges.every((range) => others.some((other) => isWithin(range, other)))) return false;
  // its ranges and theirs are read once, not for each of many thousand addresses
  const isOf = (address: Address, some: readonly Range[]): boolean =>
    some.some((range) => isAssignable(address, range));
  return ctx
    .informer(ADDRESSES)
    .list()
    .some((one) => {
      const address = isManaged(one) ? parseAddress(one.metadata.name) : undefined;
      return address !== undefined && isOf(address, ranges) && !isOf(address, others);
    });
}

const putFinalizers = (cidr: ServiceCIDR, finalizers: string[], ctx: Context): Promise<unknown> =>
  unlessGone(ctx.client.update(CIDRS, { ...cidr, metadata: { ...cidr.metadata, finalizers } }));

/** Applied, so that conditions of others stay theirs. */
async function setReady(
  cidr: ServiceCIDR,
  said: Pick<Condition, 'status' | 'reason' | 'message'>,
  ctx: Context,
): Promise<void> {
  const there = conditionOf(cidr.status?.conditions, 'Ready');
  if (there?.status === said.status && there.reason === said.reason && there.message === said.message) return;
  const { name } = cidr.metadata;
  const condition = { type: 'Ready', ...said, lastTransitionTime: formatTime(ctx.clock.now()) };
  const patch = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name },
    status: { conditions: [condition] },
  };
  await unlessGone(
    ctx.client.patch(CIDRS, '', name, patch, {
      type: 'apply',
      subresource: 'status',
      fieldManager: MANAGER,
      force: true,
    }),
  );
}
