import { expect, test } from 'vitest';
import { createRegistry } from '../../../src/kinds/registry.ts';
import { pathsOf } from '../../../src/rest/openapi/operations.ts';

/** Kinds of which Kubernetes 1.35's OpenAPI document says that a delete answers the object; of all others, a Status. */
const RETURNED = [
  'PersistentVolumeClaim',
  'PersistentVolume',
  'Pod',
  'PodTemplate',
  'ResourceQuota',
  'ServiceAccount',
  'Service',
  'CSIDriver',
  'CSINode',
  'StorageClass',
  'VolumeAttachment',
  'VolumeAttributesClass',
  'DeviceClass',
  'ResourceClaim',
  'ResourceClaimTemplate',
  'ResourceSlice',
];

interface Deleting {
  delete?: { operationId: string; responses: Record<string, { schema?: { $ref?: string } }> };
}

test('a delete answers what Kubernetes says that it does', () => {
  const returned: string[] = [];
  for (const kind of createRegistry().all()) {
    for (const [path, operations] of Object.entries(pathsOf(kind, 2))) {
      const { responses } = (operations as Deleting).delete ?? {};
      if (!responses || !path.endsWith(`/${kind.resource}/{name}`)) continue;
      const answers = ['200', '202'].flatMap((code) => responses[code]?.schema?.$ref ?? []);
      const type = new Set(answers.map((answer) => answer.slice(answer.lastIndexOf('.') + 1)));
      expect(type.size, path).toBe(1);
      if (type.has('Status')) continue;
      expect([...type], path).toEqual([kind.kind]);
      returned.push(kind.kind);
    }
  }
  expect(returned.sort()).toEqual([...RETURNED].sort());
});

test('what OpenAPI says of an answer is what the kind does, but for namespaces', () => {
  for (const { kind, storage } of createRegistry().all())
    if (kind === 'Namespace') expect(storage.strategy.returnsDeleted).toBe('unsaid');
    else expect(storage.strategy.returnsDeleted, kind).toBe(RETURNED.includes(kind) ? true : undefined);
});
