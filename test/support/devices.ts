import type {
  AllocationResult,
  Device,
  DeviceAttribute,
  DeviceClass,
  DeviceClassSpec,
  DeviceRequest,
  PodResourceClaim,
  ResourceClaimSpec,
  ResourceResourceClaim,
  ResourceSlice,
  ResourceSliceSpec,
} from '../../schema/types.ts';
import type { ObjectMeta } from '../../src/meta/object.ts';

export const DRIVER = 'gpu.example.com';
const meta = (name: string, more: Partial<ObjectMeta> = {}): ObjectMeta => ({
  name,
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
  ...more,
});

export const selector = (expression: string) => ({ cel: { expression } });

export const deviceClass = (name: string, spec: DeviceClassSpec = {}): DeviceClass => ({
  apiVersion: 'resource.k8s.io/v1',
  kind: 'DeviceClass',
  metadata: meta(name),
  spec,
});

export const device = (
  name: string,
  attributes: Record<string, DeviceAttribute> = {},
  capacity: Record<string, string> = {},
): Device => ({
  name,
  attributes,
  capacity: Object.fromEntries(Object.entries(capacity).map(([key, value]) => [key, { value }])),
});

/** A slice of the driver; its pool has the name of its node, generation 1 and no other slice, unless said otherwise. */
export const slice = (
  name: string,
  devices: readonly Device[],
  { pool, ...spec }: Partial<Omit<ResourceSliceSpec, 'pool'>> & { pool?: Partial<ResourceSliceSpec['pool']> } = {},
): ResourceSlice => ({
  apiVersion: 'resource.k8s.io/v1',
  kind: 'ResourceSlice',
  metadata: meta(name),
  spec: {
    driver: DRIVER,
    pool: { name: spec.nodeName ?? 'net', generation: 1, resourceSliceCount: 1, ...pool },
    devices: [...devices],
    ...(!spec.nodeName && !spec.nodeSelector && { allNodes: true }),
    ...spec,
  },
});

/** One device of class `gpu`, unless said otherwise. */
export const exactly = (name: string, more: Partial<NonNullable<DeviceRequest['exactly']>> = {}): DeviceRequest => ({
  name,
  exactly: {
    deviceClassName: 'gpu',
    allocationMode: 'ExactCount',
    ...(more.allocationMode !== 'All' && { count: 1 }),
    ...more,
  },
});

/** A claim of namespace `a`. */
export const claim = (
  name: string,
  devices: NonNullable<ResourceClaimSpec['devices']> = { requests: [exactly('r')] },
  { allocation, reservedFor, ...more }: Partial<ObjectMeta> & ResourceResourceClaim['status'] = {},
): ResourceResourceClaim => ({
  apiVersion: 'resource.k8s.io/v1',
  kind: 'ResourceClaim',
  metadata: meta(name, { namespace: 'a', ...more }),
  spec: { devices },
  status: { ...(allocation && { allocation }), ...(reservedFor && { reservedFor }) },
});

/** What a claim has that was given these devices of the pool, on its node. */
export const allocated = (pool: string, ...devices: string[]): AllocationResult => ({
  devices: { results: devices.map((name) => ({ request: 'r', driver: DRIVER, pool, device: name })) },
  nodeSelector: {
    nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [pool] }] }],
  },
});

/** The part of a pod that asks for claims: by name, or from a template where the name ends in `*`. */
export const claimsOf = (...names: string[]): PodResourceClaim[] =>
  names.map((name, i) => ({
    name: `c${i}`,
    ...(name.endsWith('*') ? { resourceClaimTemplateName: name.slice(0, -1) } : { resourceClaimName: name }),
  }));
