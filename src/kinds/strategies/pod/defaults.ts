import type {
  Container,
  HTTPGetAction,
  Lifecycle,
  Pod,
  PodSpec,
  PodStatus,
  PodTemplateSpec,
  Probe,
  ResourceRequirements,
} from '../../../../schema/types.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import { formatQuantity, parseQuantity, QuantityError } from '../../../meta/quantity.ts';
import { dropDisabledFields } from './drop-disabled.ts';
import { defaultPodResources } from './spec/pod-resources.ts';
import { defaultVolume } from './volumes/defaults.ts';
import { pullPolicyOf } from './image-name.ts';

/** Defaults of a pod template and of a pod alike (core/v1 SetDefaults_PodSpec and below). */
function defaultPodSpec(spec: Parts<PodSpec>): void {
  spec.dnsPolicy ||= 'ClusterFirst';
  spec.restartPolicy ||= 'Always';
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ||= 'default-scheduler';
  // the older name says the same
  const account = spec.serviceAccountName || spec.serviceAccount;
  if (account) {
    spec.serviceAccountName = account;
    spec.serviceAccount = account;
  } else {
    delete spec.serviceAccountName;
    delete spec.serviceAccount;
  }
  for (const list of [spec.initContainers, spec.containers, spec.ephemeralContainers]) list?.forEach(defaultContainer);
  spec.volumes?.forEach(defaultVolume);
  roundAmounts(spec.overhead);
  if (spec.resources) roundResources(spec.resources);
}

/** What only a pod gets, not a template. */
export function defaultPod(pod: Unchecked<Pod>): void {
  const spec = (pod.spec ??= {});
  for (const list of [spec.containers, spec.initContainers]) {
    for (const container of list ?? []) {
      defaultRequests(container.resources);
      if (spec.hostNetwork)
        for (const port of container.ports ?? []) if (port.containerPort) port.hostPort ||= port.containerPort;
    }
  }
  try {
    defaultPodResources(spec);
  } catch (error) {
    // an amount that is none is told by whoever looks at it first
    if (!(error instanceof QuantityError)) throw error;
  }
  spec.enableServiceLinks ??= true;
  defaultPodSpec(spec);
  if (pod.status) syncAddresses(pod.status);
}

export function defaultTemplate(template: Parts<PodTemplateSpec> | undefined): void {
  if (!template?.spec) return;
  dropDisabledFields(template.spec);
  defaultPodSpec(template.spec);
}

/** A limit without a request is the request. */
function defaultRequests(resources: Parts<ResourceRequirements> | undefined): void {
  if (!resources?.limits) return;
  for (const [name, limit] of Object.entries(resources.limits)) (resources.requests ??= {})[name] ??= limit;
}

/** podIP is the first of podIPs. Where they differ, the older field says what is meant. */
export function syncAddresses(status: Parts<PodStatus>): void {
  const { podIP } = status;
  const first = status.podIPs?.[0]?.ip;
  if (podIP && podIP !== first) status.podIPs = [{ ip: podIP }];
  else if (!podIP && first) status.podIP = first;
}

function defaultContainer(container: Parts<Container>): void {
  container.imagePullPolicy ||= pullPolicyOf(container.image ?? '');
  container.terminationMessagePath ||= '/dev/termination-log';
  container.terminationMessagePolicy ||= 'File';
  if (container.resources) roundResources(container.resources);
  else container.resources = {};
  for (const port of container.ports ?? []) port.protocol ||= 'TCP';
  for (const env of container.env ?? []) if (env.valueFrom?.fieldRef) env.valueFrom.fieldRef.apiVersion ||= 'v1';
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe])
    if (probe) defaultProbe(probe);
  if (container.lifecycle) defaultLifecycle(container.lifecycle);
}

function roundResources({ limits, requests }: Parts<ResourceRequirements>): void {
  roundAmounts(limits);
  roundAmounts(requests);
}

const MILLI = 10n ** 6n;
/** Finer than thousandths can only be what is written with a fraction or a small suffix. */
const MAY_BE_FINE = /[nu.]|[eE]-/;

/** Amounts are kept in thousandths, rounded up (SetDefaults_ResourceList). */
function roundAmounts(amounts: Record<string, string> | undefined): void {
  for (const name in amounts) {
    const amount = String(amounts[name]);
    if (!MAY_BE_FINE.test(amount)) continue;
    const quantity = parseQuantity(amount);
    const rest = ((quantity.nano % MILLI) + MILLI) % MILLI;
    if (rest !== 0n) amounts[name] = formatQuantity({ ...quantity, nano: quantity.nano + MILLI - rest });
  }
}

function defaultHttpGet(get: Parts<HTTPGetAction> | undefined): void {
  if (!get) return;
  get.path ||= '/';
  get.scheme ||= 'HTTP';
}

function defaultProbe(probe: Parts<Probe>): void {
  defaultHttpGet(probe.httpGet);
  if (probe.grpc) probe.grpc.service ??= '';
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
}

function defaultLifecycle({ postStart, preStop }: Parts<Lifecycle>): void {
  defaultHttpGet(postStart?.httpGet);
  defaultHttpGet(preStop?.httpGet);
}
