import type { Container, ContainerStatus, Pod, PodSpec, PodStatus } from '../../../../schema/types.ts';
import { duplicate, forbidden, internalFieldError, invalid, Path, type FieldError } from '../../../meta/field.ts';
import { isDns1123Subdomain, isQualifiedName, isUnixId } from '../../../meta/names.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import { addressFamily } from '../../../meta/address.ts';
import { validateIp } from '../../validation/ip.ts';
import { addReasons } from '../../validation/report.ts';
import { validateImmutable } from '../../validation/values.ts';

const STATUS = Path.root('status');
const LISTS = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const;
const SYSTEM_CONDITIONS = new Set(['PodScheduled', 'Ready', 'Initialized']);
const NOT_NEGATIVE = 'must be a non-negative integer';

/** What a write of the status may say (core/v1 ValidatePodStatusUpdate), metadata apart. */
export function validateStatusUpdate(
  { spec = {}, status = {} }: Unchecked<Pod>,
  { spec: oldSpec = {}, status: old = {} }: Unchecked<Pod>,
): FieldError[] {
  const errors: FieldError[] = [];
  addConditions(errors, status);
  addNomination(errors, status, old, oldSpec);
  if ((status.observedGeneration ?? 0) < 0)
    errors.push(invalid(STATUS.child('observedGeneration'), status.observedGeneration, NOT_NEGATIVE));
  errors.push(...validateImmutable(status.qosClass, old.qosClass, STATUS.child('qosClass')));
  for (const list of LISTS) {
    addTransitions(errors, status[list], old[list], containersOf(oldSpec, list), oldSpec, STATUS.child(list));
    addUsers(errors, status[list], spec.os?.name ?? 'linux', STATUS.child(list));
  }
  addClaims(errors, status, spec);
  addIps(errors, 'podIPs', status, old);
  if (status.hostIPs?.length) {
    const first = status.hostIPs[0]!.ip ?? '';
    if ((status.hostIP ?? '') !== first)
      errors.push(invalid(STATUS.child('hostIPs').index(0).child('ip'), first, 'must be equal to `hostIP`'));
    addIps(errors, 'hostIPs', status, old);
  }
  return errors;
}

function addConditions(errors: FieldError[], { conditions }: Parts<PodStatus>): void {
  conditions?.forEach(({ type = '', observedGeneration = 0 }, i) => {
    const at = STATUS.child('conditions').index(i);
    if (observedGeneration < 0) errors.push(invalid(at.child('observedGeneration'), observedGeneration, NOT_NEGATIVE));
    if (!SYSTEM_CONDITIONS.has(type)) addReasons(errors, isQualifiedName(type), type, at, 'Type');
  });
}

function addNomination(
  errors: FieldError[],
  { nominatedNodeName: name }: Parts<PodStatus>,
  old: Parts<PodStatus>,
  { nodeName }: Parts<PodSpec>,
): void {
  if (!name || name === old.nominatedNodeName) return;
  const at = STATUS.child('nominatedNodeName');
  addReasons(errors, isDns1123Subdomain(name), name, at);
  if (nodeName) errors.push(forbidden(at, 'may not be set on pods that are already bound to a node'));
}

const containersOf = (spec: Parts<PodSpec>, list: (typeof LISTS)[number]): readonly Parts<Container>[] =>
  (list === 'containerStatuses'
    ? spec.containers
    : list === 'initContainerStatuses'
      ? spec.initContainers
      : undefined) ?? [];

/** Whether a container that has ended with `code` is to run again: its own rules and policy, then the pod's. */
function mayRestart(
  { restartPolicy, restartPolicyRules = [] }: Parts<Container>,
  spec: Parts<PodSpec>,
  code: number,
): boolean {
  const rule = restartPolicyRules.find(({ exitCodes }) => {
    const { operator, values = [] } = exitCodes ?? {};
    return operator === 'In' ? values.includes(code) : operator === 'NotIn' && !values.includes(code);
  });
  if (restartPolicy && rule?.action === 'Restart') return true;
  const policy = restartPolicy ?? spec.restartPolicy;
  return policy === 'OnFailure' ? code !== 0 : policy !== 'Never';
}

/** What has ended for good does not run again. */
function addTransitions(
  errors: FieldError[],
  now: Parts<ContainerStatus>[] | undefined,
  before: Parts<ContainerStatus>[] | undefined,
  containers: readonly Parts<Container>[],
  spec: Parts<PodSpec>,
  at: Path,
): void {
  const statusOf = new Map(now?.toReversed().map((status) => [status.name, status]));
  before?.forEach((old, i) => {
    const ended = old.state?.terminated;
    const next = ended && statusOf.get(old.name);
    if (!next || next.state?.terminated) return;
    const container = containers.find((c) => c.name === old.name);
    if (container && mayRestart(container, spec, ended.exitCode ?? 0)) return;
    errors.push(forbidden(at.index(i).child('state'), 'may not be transitioned to non-terminated state'));
  });
}

function addUsers(errors: FieldError[], statuses: Parts<ContainerStatus>[] | undefined, os: string, at: Path): void {
  statuses?.forEach(({ user }, i) => {
    const linux = user?.linux;
    if (!linux) return;
    const here = at.index(i).child('user', 'linux');
    if (os === 'windows') errors.push(forbidden(here, 'cannot be set for a windows pod'));
    if (os !== 'linux') return;
    for (const id of ['uid', 'gid'] as const) addReasons(errors, isUnixId(linux[id] ?? 0), linux[id] ?? 0, here, id);
    linux.supplementalGroups?.forEach((id, j) =>
      addReasons(errors, isUnixId(id), id, here.child('supplementalGroups').index(j)),
    );
  });
}

function addClaims(
  errors: FieldError[],
  { resourceClaimStatuses }: Parts<PodStatus>,
  { resourceClaims = [] }: Parts<PodSpec>,
): void {
  const seen = new Set<string>();
  const named = new Set(resourceClaims.map((claim) => claim.name));
  resourceClaimStatuses?.forEach(({ name = '', resourceClaimName }, i) => {
    const at = STATUS.child('resourceClaimStatuses').index(i);
    if (!named.has(name)) {
      errors.push(invalid(at.child('name'), name, 'must match the name of an entry in `spec.resourceClaims`'));
    }
    if (seen.has(name)) errors.push(duplicate(at.child('name'), name));
    seen.add(name);
    if (resourceClaimName != null)
      addReasons(errors, isDns1123Subdomain(resourceClaimName), resourceClaimName, at, 'resourceClaimName');
  });
}

/** Addresses: one of each family at most. What was there already may stay, however it is written. */
function addIps(
  errors: FieldError[],
  field: 'podIPs' | 'hostIPs',
  status: Parts<PodStatus>,
  old: Parts<PodStatus>,
): void {
  const at = STATUS.child(field);
  const ips = (status[field] ?? []).map(({ ip }) => ip ?? '');
  const before = new Set((old[field] ?? []).map(({ ip }) => ip ?? ''));
  ips.forEach((ip, i) => {
    if (!before.has(ip)) errors.push(...validateIp(ip, at.index(i)));
  });
  if (ips.length < 2) return;
  const families = ips.map(addressFamily);
  const bad = families.indexOf(0);
  if (bad >= 0)
    errors.push(internalFieldError(at, `failed to check for dual stack with error:invalid IP[${bad}]: ${ips[bad]}`));
  if (ips.length > 2 || !families.includes(4) || !families.includes(6)) {
    errors.push(
      invalid(
        at,
        ips.map((ip) => ({ IP: ip })),
        'may specify no more than one IP for each IP family',
      ),
    );
  }
}

/** An observedGeneration once given stays: of the status, and of each condition in the order of those of its type. Changes `status`. */
export function keepObservedGeneration(status: Parts<PodStatus>, old: Parts<PodStatus>): void {
  if (!status.observedGeneration && old.observedGeneration) status.observedGeneration = old.observedGeneration;
  if (!status.conditions?.length || !old.conditions?.length) return;
  const before = new Map<string, number[]>();
  for (const { type = '', observedGeneration = 0 } of old.conditions)
    before.set(type, [...(before.get(type) ?? []), observedGeneration]);
  for (const condition of status.conditions) {
    const generation = before.get(condition.type ?? '')?.shift();
    if (!condition.observedGeneration && generation) condition.observedGeneration = generation;
  }
}
