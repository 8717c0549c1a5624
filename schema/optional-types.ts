import type { Condition, ObjectMeta } from './types.ts';

// Types of what is served only when it is asked for: see optional-kinds.json.

export interface StorageVersionMigration {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: StorageVersionMigrationSpec;
  status?: StorageVersionMigrationStatus;
}

export interface StorageVersionMigrationSpec {
  resource: GroupResource;
}

export interface StorageVersionMigrationStatus {
  conditions?: Condition[];
  resourceVersion?: string;
}

export interface GroupResource {
  group: string;
  resource: string;
}

declare module './types.ts' {
  interface Resources {
    'storageversionmigrations.storagemigration.k8s.io': StorageVersionMigration;
  }
}
