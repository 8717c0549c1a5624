import { invalid, type FieldError } from '../../meta/field.ts';
import type { KubeObject } from '../../meta/object.ts';
import { forbiddenRequest, invalidObject } from '../../meta/status.ts';
import type { Target } from '../contract.ts';
import { sameJson } from '../patch/equal.ts';
import { resourceOf } from '../target.ts';
import { LEVELS, violationsOf, type Level } from './pod-security/evaluate.ts';
import { requestName, type AdmissionPlugin, type AdmissionRequest } from './plugin.ts';

const PREFIX = 'pod-security.kubernetes.io/';
const MODES = ['enforce', 'audit', 'warn'] as const;
type Mode = (typeof MODES)[number];

/** Kinds that make pods, and where their pod is. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  podtemplates: ['template'],
  replicationcontrollers: ['spec', 'template'],
  'replicasets.apps': ['spec', 'template'],
  'deployments.apps': ['spec', 'template'],
  'statefulsets.apps': ['spec', 'template'],
  'daemonsets.apps': ['spec', 'template'],
  'jobs.batch': ['spec', 'template'],
  'cronjobs.batch': ['spec', 'jobTemplate', 'spec', 'template'],
};

const isPodWrite = ({ kind, subresource }: Target): boolean =>
  kind.group === '' && kind.resource === 'pods' && ['', 'ephemeralcontainers'].includes(subresource);
const isNamespace = ({ kind, subresource }: Target): boolean =>
  kind.group === '' && kind.resource === 'namespaces' && subresource === '';

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

function templateOf(key: string, object: KubeObject): KubeObject | undefined {
  let value: unknown = object;
  for (const part of TEMPLATES[key]) value = (value as Record<string, unknown> | undefined)?.[part];
  return value ? ({ metadata: {}, ...value } as unknown as KubeObject) : undefined;
}

function checkPod(
  request: AdmissionRequest,
  labels: Record<string, string> | undefined,
  pod: KubeObject,
  enforced: boolean,
): void {
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
    const reasons = violationsOf(pod.object, policy.level, policy.version)
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
    (isPodWrite(target) || isNamespace(target) || (target.kind.storage.key in TEMPLATES && target.subresource === '')),
  validate(request) {
    const { store, target, object, old } = request;
    if (isNamespace(target)) {
      checkLabels(request);
      return warnOfPods(request);
    }
    const namespace = store.get({ resource: 'namespaces', namespace: '', name: target.namespace });
    const labels = namespace?.labels;
    if (!labels || !MODES.some((mode) => PREFIX + mode in labels)) return;
    // an update that leaves the spec as it is brings nothing new in
    if (old && sameJson(object!['spec'], old['spec'])) return;
    if (isPodWrite(target)) return checkPod(request, labels, object!, true);
    const template = templateOf(target.kind.storage.key, object!);
    if (template) checkPod(request, labels, template, false);
  },
};
