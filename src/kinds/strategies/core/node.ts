import type { Node, NodeSpec } from '../../../../schema/types.ts';
import { duplicate, forbidden, Path, type FieldError } from '../../../meta/field.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { statusSubresource } from '../status-split.ts';
import { internalValue } from '../../internal-value.ts';
import { validateNodeAnnotations } from './node-annotations.ts';
import { validateConfigSource, validateConfigStatus } from './node-config.ts';
import { validateNodeResources, validatePodCidrs, validateTaints } from './node-validation.ts';
import { NONE, since, UNKNOWN } from '../../cells.ts';
import { NODE_LEASE_NAMESPACE } from '../../../rules/node-lease.ts';

type Errors = FieldError[];
const SPEC = Path.root('spec');
/** Where the API server says that a bad taint is. */
const TAINTS = Path.root('metadata').child('taints');
const ONCE = 'except from "" to valid';

const validateNode = (object: Unchecked<Node>): Errors => [
  ...validateNodeAnnotations(object),
  ...validateTaints(object.spec?.taints, TAINTS),
  ...validateNodeResources(object.status),
  ...validatePodCidrs(object.spec?.podCIDRs, SPEC.child('podCIDRs')),
];

/** What may be set once: the ranges of its pods and the provider's name for it. */
function setOnce(spec: Parts<NodeSpec> = {}, old: Parts<NodeSpec> = {}): Errors {
  const errors: Errors = [];
  const refuse = (field: string, what: string) =>
    forbidden(SPEC.child(field), `node updates may not change ${what} ${ONCE}`);
  const [now, before] = [spec.podCIDRs ?? [], old.podCIDRs ?? []];
  if (before.length && now.length !== before.length) errors.push(refuse('podCIDRs', 'podCIDR'));
  else for (const [i, cidr] of before.entries()) if (now[i] !== cidr) errors.push(refuse('podCIDRs', 'podCIDR'));
  if (old.providerID && old.providerID !== spec.providerID) errors.push(refuse('providerID', 'providerID'));
  if ((spec.externalID ?? '') !== (old.externalID ?? ''))
    errors.push(forbidden(SPEC.child('externalID'), 'may not be updated'));
  return errors;
}

function repeatedAddresses({ status }: Unchecked<Node>): Errors {
  const seen = new Set<string>();
  return (status?.addresses ?? []).flatMap((one, i) => {
    const key = JSON.stringify([one.type, one.address]);
    const again = seen.has(key);
    seen.add(key);
    return again ? [duplicate(Path.root('status').child('addresses').index(i), internalValue('NodeAddress', one))] : [];
  });
}

/** ValidateNodeUpdate, for the node and for its status. */
const validateNodeUpdate = (object: Unchecked<Node>, old: Unchecked<Node>): Errors => [
  ...validateNodeAnnotations(object),
  ...validateNodeResources(object.status),
  ...repeatedAddresses(object),
  ...setOnce(object.spec, old.spec),
  ...(object.spec?.configSource
    ? validateConfigSource(object.spec.configSource, SPEC.child('configSource'), 'spec')
    : []),
  ...validateConfigStatus(object.status?.config),
  ...validateTaints(object.spec?.taints, TAINTS),
];

const warnings = ({ spec }: Unchecked<Node>): string[] => [
  ...(spec?.configSource ? ['spec.configSource: the feature is removed'] : []),
  ...(spec?.externalID ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
];

/** podCIDR is the first of podCIDRs, whichever of them the client knows (the conversion of v1 to the internal type). */
function joinPodCidrs({ spec }: Unchecked<Node>): void {
  if (!spec) return;
  const first = spec.podCIDRs?.[0];
  if (spec.podCIDR && spec.podCIDR !== first) spec.podCIDRs = [spec.podCIDR];
  else if (first !== undefined) spec.podCIDR = first;
}

/** What the node says of itself that nothing reads yet (KEP-5328). */
function dropDisabled(object: Unchecked<Node>, old: Unchecked<Node> | undefined): void {
  if (object.status && !old?.status?.config) delete object.status.config;
  if (object.status && !old?.status?.declaredFeatures) delete object.status.declaredFeatures;
  // what configured kubelets from afar has been taken out: only a node that has it keeps it
  if (object.spec && !old?.spec?.configSource) delete object.spec.configSource;
}

export const nodeStrategy: Strategy<Node> = {
  defaults(object) {
    joinPodCidrs(object);
    // A node that says nothing else can give all it has (SetDefaults_NodeStatus).
    const { status } = object;
    if (status?.capacity && !status.allocatable) status.allocatable = { ...status.capacity };
  },
  prepareForCreate: (object) => dropDisabled(object, undefined),
  prepareForUpdate(object, old) {
    if (old.status) object.status = old.status;
    else delete object.status;
    if (object.spec && !old.spec?.configSource) delete object.spec.configSource;
  },
  subresources: {
    status: {
      prepareForUpdate(object, old) {
        statusSubresource.prepareForUpdate(object, old);
        if (object.status) object.status = { ...object.status };
        if (object.status && !old.status?.config) delete object.status.config;
        if (object.status && !old.status?.declaredFeatures) delete object.status.declaredFeatures;
      },
      validateUpdate: validateNodeUpdate,
    },
  },
  validate: validateNode,
  metadata: { whole: 1 },
  validateUpdate: validateNodeUpdate,
  warnings,
  fields: (object) => ({ 'spec.unschedulable': String(object.spec?.unschedulable ?? false) }),
  generation: false,
  relations: [
    {
      field: 'lease',
      description: 'What says that it is alive.',
      to: 'leases.coordination.k8s.io',
      form: 'name',
      name: ({ metadata }) => metadata.name,
      namespace: () => NODE_LEASE_NAMESPACE,
    },
    {
      field: 'csiNode',
      to: 'csinodes.storage.k8s.io',
      form: 'name',
      name: ({ metadata }) => metadata.name,
    },
  ],
  cells,
};

function cells(node: Unchecked<Node>, now: number): Cell[] {
  const { metadata, status } = node;
  const info = status?.nodeInfo;
  const address = (type: string): string => status?.addresses?.find((a) => a.type === type)?.address ?? NONE;
  return [
    metadata.name,
    state(node),
    roles(metadata.labels),
    since(metadata.creationTimestamp, now),
    info?.kubeletVersion ?? '',
    address('InternalIP'),
    address('ExternalIP'),
    info?.osImage || UNKNOWN,
    info?.kernelVersion || UNKNOWN,
    info?.containerRuntimeVersion || UNKNOWN,
  ];
}

function state({ spec, status }: Unchecked<Node>): string {
  const ready = status?.conditions?.find((c) => c.type === 'Ready');
  const known = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  return spec?.unschedulable ? `${known},SchedulingDisabled` : known;
}

const ROLE_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';

function roles(labels: Record<string, string> | undefined): string {
  const found = new Set<string>();
  for (const [key, value] of Object.entries(labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) found.add(key.slice(ROLE_PREFIX.length));
    else if (key === ROLE_LABEL && value) found.add(value);
  }
  return [...found].sort().join(',') || NONE;
}
