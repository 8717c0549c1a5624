import type { Author, Key, Store, Stored, Write } from '../../store/contract.ts';
import type { Holdings, Registry } from '../../kinds/kind.ts';
import { formatMicroTime, formatTime } from '../../meta/time.ts';
import { newUid } from '../../meta/uid.ts';
import type { Clock } from '../../rules/clock.ts';
import { newObject } from '../new-object.ts';
import {
  ADDRESSES,
  addressKey,
  addressRecord,
  creationOf,
  holderOf,
  portKey,
  portRecord,
  PORTS,
  type Holder,
} from './records.ts';

const BY: Author = { user: 'system:apiserver', manager: 'kube-apiserver', verb: 'repair' };

/**
 * Makes the records of addresses and ports agree with the Services that are there: what a Service holds has a record,
 * and a record whose Service is gone goes. Done at start; writes nothing where all agrees, and two processes that
 * repair at once do not disturb each other (each write is its own and names what it expects).
 */
export async function repairAllocations(store: Store, registry: Registry, clock: Clock): Promise<void> {
  const wanted = new Map<string, { key: Key; make: () => Write; holder: string; service: Stored }>();
  const add = (key: Key, service: Stored, make: () => Write): void => {
    wanted.set(`${key.resource}/${key.name}`, { key, make, holder: `${service.namespace}/${service.name}`, service });
  };
  for (const { holds, stored } of holders(store, registry)) {
    const object = stored.object;
    const holder: Holder = { namespace: stored.namespace, name: stored.name };
    for (const ip of holds.addresses(object))
      add(addressKey(ip), stored, () => addressRecord(registry, ip, holder, BY, clock.now()));
    for (const port of holds.nodePorts(object)) add(portKey(port), stored, () => portRecord(port, holder, BY));
  }
  const writes: Write[] = [];
  for (const { key, make, service } of wanted.values()) {
    if (store.get(key)) continue;
    writes.push(make());
    if (key.resource === PORTS) writes.push(notAllocated(registry, service, key.name, clock.now()));
  }
  for (const resource of [ADDRESSES, PORTS]) {
    for (const record of store.list({ resource }).items) {
      const of = wanted.get(`${resource}/${record.name}`);
      const managed =
        resource === PORTS || record.labels?.['ipaddress.kubernetes.io/managed-by'] === 'ipallocator.k8s.io';
      if (!managed || of?.holder === holderOf(record)) continue;
      writes.push({ resource, namespace: '', name: record.name, by: BY, type: 'delete', expect: record.revision });
    }
  }
  await Promise.all(writes.map((write) => store.commit(write)));
}

/** Nobody but the API knows of the records of ports, so it is the API that tells. Source: portallocator/controller. */
function notAllocated(registry: Registry, { namespace, name, object }: Stored, port: string, now: number): Write {
  const component = 'portallocator-repair-controller';
  const event = newObject(
    {
      name: `${name}.${(BigInt(now) * 1_000_000n + BigInt(port)).toString(16)}`,
      namespace,
      uid: newUid(),
      creationTimestamp: formatTime(now),
    },
    {
      involvedObject: { kind: 'Service', namespace, name, uid: object.metadata.uid, apiVersion: 'v1' },
      reason: 'PortNotAllocated',
      message: `Port ${port} is not allocated; repairing`,
      source: {},
      eventTime: formatMicroTime(now),
      action: 'PortAllocation',
      type: 'Warning',
      reportingComponent: component,
      reportingInstance: `${component}-ku7s`,
    },
  );
  return creationOf(registry, 'events', event, BY);
}

/** All objects that may hold something. */
function* holders(store: Store, registry: Registry): Generator<{ holds: Holdings; stored: Stored }> {
  for (const { storage } of registry.all()) {
    const { holds } = storage.strategy;
    if (holds) for (const stored of store.list({ resource: storage.key }).items) yield { holds, stored };
  }
}
