import { serializeBody, storedForm } from '../../kinds/encode.ts';
import type { Registry } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import { formatTime } from '../../meta/time.ts';
import { newUid } from '../../meta/uid.ts';
import { IP_ALLOCATOR, IP_FAMILY, MANAGED_BY } from '../../rules/service-cidr.ts';
import { newObject } from '../new-object.ts';
import { objectAs } from '../object-as.ts';
import type { Author, Key, Stored, Write } from '../../store/contract.ts';

/** IPAddress objects hold the cluster's addresses, as since Kubernetes 1.33 (KEP-1880). */
export const ADDRESSES = 'ipaddresses.networking.k8s.io';
/** Node ports have no kind of their own; these records are seen by no client. */
export const PORTS = 'nodeports.internal';

/** Whether it is a record that comes and goes with its Service, and no object that somebody has written. */
export const isReservation = (record: Pick<Stored, 'resource' | 'labels'>): boolean =>
  record.resource === PORTS || (record.resource === ADDRESSES && record.labels?.[MANAGED_BY] === IP_ALLOCATOR);

export const addressKey = (ip: string): Key => ({ resource: ADDRESSES, namespace: '', name: ip });
export const portKey = (port: number): Key => ({ resource: PORTS, namespace: '', name: String(port) });

export interface Holder {
  namespace: string;
  name: string;
}

/** The write of a new object of a built-in kind, which nobody has asked for: nothing admits it. */
export function creationOf(registry: Registry, resource: string, object: KubeObject, by: Author): Write {
  const { namespace = '', name, uid, labels } = object.metadata;
  const storage = registry.storage(resource);
  const form = storage ? storedForm(storage, false, object) : object;
  const { body } = serializeBody(form);
  const columns = { uid, labels, fields: storage?.strategy.fields?.(form), owners: undefined };
  return { resource, namespace, name, by, type: 'create', body, columns };
}

export function addressRecord(registry: Registry, ip: string, holder: Holder, by: Author, now: number): Write {
  const labels = { [IP_FAMILY]: 'IPv4', [MANAGED_BY]: IP_ALLOCATOR };
  const object = newObject(
    { name: ip, uid: newUid(), creationTimestamp: formatTime(now), labels },
    { spec: { parentRef: { resource: 'services', namespace: holder.namespace, name: holder.name } } },
  );
  return creationOf(registry, ADDRESSES, object, by);
}

export function portRecord(port: number, holder: Holder, by: Author): Write {
  const { body } = serializeBody(newObject({ name: String(port) }, { service: `${holder.namespace}/${holder.name}` }));
  return {
    ...portKey(port),
    by,
    type: 'create',
    body,
    columns: { uid: newUid(), labels: undefined, fields: undefined, owners: undefined },
  };
}

/** Who holds an address or a port, `namespace/name`. */
export function holderOf(record: Stored): string {
  if (record.resource === PORTS) return record.object['service'] as string;
  const { namespace = '', name = '' } = objectAs(ADDRESSES, record).spec?.parentRef ?? {};
  return `${namespace}/${name}`;
}
