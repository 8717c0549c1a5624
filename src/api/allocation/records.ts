import { serializeBody, storedForm } from '../../kinds/encode.ts';
import type { Registry } from '../../kinds/kind.ts';
import type { KubeObject, ObjectMeta } from '../../meta/object.ts';
import { formatTime } from '../../meta/time.ts';
import { newUid } from '../../meta/uid.ts';
import type { Author, Key, Stored, Write } from '../../store/contract.ts';

/** IPAddress objects hold the cluster's addresses, as since Kubernetes 1.33 (KEP-1880). */
export const ADDRESSES = 'ipaddresses.networking.k8s.io';
/** Node ports have no kind of their own; these records are seen by no client. */
export const PORTS = 'nodeports.internal';

export const addressKey = (ip: string): Key => ({ resource: ADDRESSES, namespace: '', name: ip });
export const portKey = (port: number): Key => ({ resource: PORTS, namespace: '', name: String(port) });

export interface Holder {
  namespace: string;
  name: string;
}

export function addressRecord(registry: Registry, ip: string, holder: Holder, by: Author, now: number): Write {
  const object = {
    metadata: {
      name: ip,
      uid: newUid(),
      creationTimestamp: formatTime(now),
      labels: {
        'ipaddress.kubernetes.io/ip-family': 'IPv4',
        'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
      },
    } as unknown as ObjectMeta,
    spec: { parentRef: { resource: 'services', namespace: holder.namespace, name: holder.name } },
  } as KubeObject;
  const storage = registry.storage(ADDRESSES);
  const form = storage ? storedForm(storage, false, object) : object;
  const { uid, labels } = object.metadata;
  return {
    ...addressKey(ip),
    by,
    type: 'create',
    body: serializeBody(form).body,
    columns: { uid, labels, fields: undefined, owners: undefined },
  };
}

export function portRecord(port: number, holder: Holder, by: Author): Write {
  const { body } = serializeBody({
    metadata: { name: String(port) } as ObjectMeta,
    service: `${holder.namespace}/${holder.name}`,
  });
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
  const ref = record.object['spec']?.parentRef;
  return record.resource === PORTS
    ? (record.object['service'] as string)
    : `${ref?.namespace ?? ''}/${ref?.name ?? ''}`;
}
