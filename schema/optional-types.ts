import type {
  Condition,
  MatchCondition,
  MatchResources,
  ObjectMeta,
  ParamKind,
  ParamRef,
  Variable,
} from './types.ts';

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

export interface MutatingAdmissionPolicy {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: MutatingAdmissionPolicySpec;
}

export interface MutatingAdmissionPolicySpec {
  failurePolicy?: 'Fail' | 'Ignore';
  matchConditions?: MatchCondition[];
  matchConstraints?: MatchResources;
  mutations?: Mutation[];
  paramKind?: ParamKind;
  reinvocationPolicy?: 'IfNeeded' | 'Never';
  variables?: Variable[];
}

export interface Mutation {
  applyConfiguration?: { expression?: string };
  jsonPatch?: { expression?: string };
  patchType: 'ApplyConfiguration' | 'JSONPatch';
}

export interface MutatingAdmissionPolicyBinding {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: MutatingAdmissionPolicyBindingSpec;
}

export interface MutatingAdmissionPolicyBindingSpec {
  matchResources?: MatchResources;
  paramRef?: ParamRef;
  policyName?: string;
}

declare module './types.ts' {
  interface Resources {
    'mutatingadmissionpolicies.admissionregistration.k8s.io': MutatingAdmissionPolicy;
    'mutatingadmissionpolicybindings.admissionregistration.k8s.io': MutatingAdmissionPolicyBinding;
    'storageversionmigrations.storagemigration.k8s.io': StorageVersionMigration;
  }
}
