import { invalid, type FieldError } from '../../meta/field.ts';
import type { PodTemplateSpec } from '../../../schema/types.ts';
import { forbiddenRequest, invalidObject } from '../../meta/status.ts';
import { UNRECORDED, type AuditEvent } from '../audit/contract.ts';
import type { Target } from '../contract.ts';
import { sameJson } from '../patch/equal.ts';
import { resourceOf } from '../target.ts';
import { objectAs } from '../object-as.ts';
import { isWriteOf, validated } from './objects.ts';
import type { PodLike } from './pod-security/check.ts';
import { LEVELS, violationsOf, type Level } from './pod-security/evaluate.ts';
import { requestName, type AdmissionPlugin, type AdmissionRequest } from './plugin.ts';

const PREFIX = 'pod-security.kubernetes.io/';
const MODES = ['enforce', 'audit', 'warn'] as const;
type Mode = (typeof MODES)[number];

/** Kinds that make pods, and where their pod is. */
const TEMPLATES: Readonly<Record<string, (request: AdmissionRequest) => PodTemplateSpec | undefined>> = {
  podtemplates: (request) => validated(request, 'podtemplates').template,
  replicationcontrollers: (request) => validated(request, 'replicationcontrollers').spec?.template,
  'replicasets.apps': (request) => validated(request, 'replicasets.apps').spec?.template,
  'deployments.apps': (request) => validated(request, 'deployments.apps').spec?.template,
  'statefulsets.apps': (request) => validated(request, 'statefulsets.apps').spec?.template,
  'daemonsets.apps': (request) => validated(request, 'daemonsets.apps').spec?.template,
  'jobs.batch': (request) => validated(request, 'jobs.batch').spec?.template,
  'cronjobs.batch': (request) => validated(request, 'cronjobs.batch').spec?.jobTemplate.spec?.template,
};

const isPodWrite = (target: Target): boolean =>
  isWriteOf(target, 'pods') || isWriteOf(target, 'pods', 'ephemeralcontainers');

interface Policy {
  level: Level;
  version: string;
}

function policyOf(labels: Record<string, string> | undefined, mode: Mode): Policy {
  const level = labels?.[PREFIX + mode] ?? 'privileged';
  // a level that cannot be read is taken at its strictest
  return {
    level: (LEVELS.includes(level) ? level : 'restricted') as Level,
    version: labels?.[`${PREFIX}${mode}-version`] ?? 'latest',
  };
}

const show = ({ level, version }: Policy): string => `${level}:${version}`;

function checkPod(
  request: AdmissionRequest,
  labels: Record<string, string> | undefined,
  pod: PodLike,
  enforced: boolean,
): void {
  const { audit } = request.ctx;
  if (audit && audit !== UNRECORDED) auditPod(audit, labels, pod, enforced);
  if (enforced) {
    const enforce = policyOf(labels, 'enforce');
    const found = violationsOf(pod, enforce.level, enforce.version);
    if (found.length) {
      const why = `violates PodSecurity ${JSON.stringify(show(enforce))}: ${found.map((v) => v.text).join(', ')}`;
      throw forbiddenRequest(resourceOf(request.target.kind), requestName(request), why);
    }
  }
  const warn = policyOf(labels, 'warn');
  const found = violationsOf(pod, warn.level, warn.version);
  if (found.length)
    request.ctx.warn(`would violate PodSecurity ${JSON.stringify(show(warn))}: ${found.map((v) => v.text).join(', ')}`);
}

/** What was enforced, and what the namespace wants to be recorded of it. */
function auditPod(
  audit: AuditEvent,
  labels: Record<string, string> | undefined,
  pod: PodLike,
  enforced: boolean,
): void {
  if (enforced) audit.annotate(`${PREFIX}enforce-policy`, show(policyOf(labels, 'enforce')));
  const policy = policyOf(labels, 'audit');
  const found = violationsOf(pod, policy.level, policy.version);
  if (found.length)
    audit.annotate(
      `${PREFIX}audit-violations`,
      `would violate PodSecurity ${JSON.stringify(show(policy))}: ${found.map((v) => v.text).join(', ')}`,
    );
}

function checkLabels({ object }: AdmissionRequest): void {
  const errors: FieldError[] = [];
  for (const mode of MODES) {
    const level = object!.metadata.labels?.[PREFIX + mode];
    const at = `metadata.labels[${PREFIX}${mode}`;
    if (level !== undefined && !LEVELS.includes(level))
      errors.push(invalid(`${at}]`, level, `must be one of ${LEVELS.join(', ')}`));
    const version = object!.metadata.labels?.[`${PREFIX}${mode}-version`];
    if (version !== undefined && !/^(latest|v1\.(0|[1-9]\d*))$/.test(version)) {
      errors.push(invalid(`${at}-version]`, version, 'must be "latest" or "v1.x"'));
    }
  }
  if (errors.length) throw invalidObject({ group: '', kind: 'Namespace' }, object!.metadata.name, errors);
}

/** Tells who makes a namespace stricter which of its pods would not be let in any more. */
function warnOfPods({ store, ctx, object, old }: AdmissionRequest): void {
  const policy = policyOf(object!.metadata.labels, 'enforce');
  if (!old || policy.level === 'privileged') return;
  const before = policyOf(old.metadata.labels, 'enforce');
  // what is let in by a stricter level of the same version is let in by this one
  if (policy.version === before.version && LEVELS.indexOf(policy.level) <= LEVELS.indexOf(before.level)) return;
  const byReasons = new Map<string, string[]>();
  for (const pod of store.list({ resource: 'pods', namespace: object!.metadata.name }).items) {
    const reasons = violationsOf(objectAs('pods', pod), policy.level, policy.version)
      .map((v) => v.reason)
      .join(', ');
    if (reasons) byReasons.set(reasons, [...(byReasons.get(reasons) ?? []), pod.name]);
  }
  if (byReasons.size === 0) return;
  ctx.warn(
    `existing pods in namespace ${JSON.stringify(object!.metadata.name)} violate the new PodSecurity enforce level ${JSON.stringify(show(policy))}`,
  );
  const lines = [...byReasons].map(([reasons, pods]) => {
    const others = pods.length - 1;
    return `${pods[0]}${others > 1 ? ` (and ${others} other pods)` : others === 1 ? ' (and 1 other pod)' : ''}: ${reasons}`;
  });
  for (const line of lines.sort()) ctx.warn(line);
}

/** The Pod Security Standards, by the labels of the namespace (KEP-2579). */
export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  handles: (target, operation) =>
    (operation === 'CREATE' || operation === 'UPDATE') &&
    (isPodWrite(target) ||
      isWriteOf(target, 'namespaces') ||
      (target.kind.storage.key in TEMPLATES && target.subresource === '')),
  validate(request) {
    const { store, target, object, old } = request;
    if (isWriteOf(target, 'namespaces')) {
      checkLabels(request);
      return warnOfPods(request);
    }
    const namespace = store.get({ resource: 'namespaces', namespace: '', name: target.namespace });
    const labels = namespace?.labels;
    if (!labels || !MODES.some((mode) => PREFIX + mode in labels)) {
      if (isPodWrite(target)) request.ctx.audit?.annotate(`${PREFIX}enforce-policy`, 'privileged:latest');
      return;
    }
    // an update that leaves the spec as it is brings nothing new in
    if (old && sameJson(object!['spec'], old['spec'])) return;
    if (isPodWrite(target)) return checkPod(request, labels, validated(request, 'pods'), true);
    const template = TEMPLATES[target.kind.storage.key]?.(request);
    if (template) checkPod(request, labels, template, false);
  },
};
