import { MAX_WARNINGS } from '../../../meta/max-warnings.ts';
import type {
  Container,
  ContainerPort,
  Pod,
  PodAffinityTerm,
  PodSpec,
  PodTemplateSpec,
} from '../../../../schema/types.ts';
import { Path } from '../../../meta/field.ts';
import { isDns1123Label } from '../../../meta/names.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import { canonicalQuantity, quantityMilli } from '../../../meta/quantity.ts';
import { ipWarnings } from '../../validation/ip.ts';
import { deprecatedNodeLabel, nodeSelectorTermWarnings } from '../../validation/node-selector.ts';
import { APPARMOR, appArmorDeprecated, SECCOMP_CONTAINER, SECCOMP_POD } from './annotations.ts';
import { visitContainers } from './spec/containers-of.ts';
import { overlapWarnings } from './overlaps.ts';

type Annotations = Record<string, string>;
const NO_POD = 'a null labelSelector results in matching no pod';
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

const OLD_ANNOTATIONS: Readonly<Record<string, string>> = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
};
const OLD_VOLUMES = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
} as const;

function nameWarnings(name = ''): string[] {
  const reasons = isDns1123Label(name);
  if (reasons.length === 0) return [];
  const why = `a DNS label is recommended: [${reasons.join(' ')}]`;
  return [`metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; ${why}`];
}

/** Advice for who makes a pod (pkg/api/pod GetWarningsForPod). */
export function podWarnings({ metadata, spec }: Unchecked<Pod>): string[] {
  const warnings = spec
    ? specWarnings(spec, metadata?.annotations, Path.root('spec'), Path.root('metadata').child('annotations'))
    : [];
  return [...nameWarnings(metadata?.name), ...warnings];
}

/**
 * Advice for who makes or changes a template (GetWarningsForPodTemplate).
 * @param at the template: `spec.template`
 */
export function podTemplateWarnings(template: Parts<PodTemplateSpec> | undefined, at: Path): string[] {
  const spec = template?.spec;
  if (!spec) return [];
  const annotations = template.metadata?.annotations;
  const keys = at.child('metadata', 'annotations');
  const warnings = specWarnings(spec, annotations, at.child('spec'), keys);
  if (annotations && !spec.securityContext?.appArmorProfile) {
    visitContainers(spec, at, ({ name, securityContext }) => {
      const key = APPARMOR + name;
      if (!securityContext?.appArmorProfile && annotations[key] !== undefined)
        warnings.push(appArmorDeprecated(keys.key(key)));
    });
  }
  return warnings;
}

function specWarnings(spec: Parts<PodSpec>, annotations: Annotations | undefined, at: Path, keys: Path): string[] {
  const out: string[] = [];
  addNodeLabels(out, spec, at);
  for (const [key, message] of Object.entries(OLD_ANNOTATIONS))
    if (annotations?.[key] !== undefined) out.push(`${keys.key(key)}: ${message}`);
  addVolumes(out, spec, at);
  addRepeated(out, spec, at);
  addFractions(out, spec.overhead, at.child('overhead'));
  if (annotations) addSeccomp(out, spec, annotations, keys);
  visitContainers(spec, at, (container, here) => addContainer(out, container, here));
  addPorts(out, spec, at);
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    out.push(
      `${at.child('terminationGracePeriodSeconds')}: must be >= 0; negative values are invalid and will be treated as 1`,
    );
  }
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const) {
    const affinity = spec.affinity?.[kind];
    const look = (term: Parts<PodAffinityTerm> | undefined, here: Path): void => {
      if (!term?.labelSelector) out.push(`${here.child('labelSelector')}: ${NO_POD}`);
    };
    affinity?.[REQUIRED]?.forEach((term, i) => look(term, at.child('affinity', kind, REQUIRED).index(i)));
    affinity?.[PREFERRED]?.forEach((term, i) =>
      look(term.podAffinityTerm, at.child('affinity', kind, PREFERRED).index(i).child('podAffinityTerm')),
    );
  }
  spec.dnsConfig?.nameservers?.forEach((ip, i) =>
    out.push(...ipWarnings(ip, at.child('dnsConfig', 'nameservers').index(i))),
  );
  spec.hostAliases?.forEach(({ ip = '' }, i) =>
    out.push(...ipWarnings(ip, at.child('hostAliases').index(i).child('ip'))),
  );
  return out;
}

function addNodeLabels(out: string[], spec: Parts<PodSpec>, at: Path): void {
  for (const key of Object.keys(spec.nodeSelector ?? {}).sort()) {
    const message = deprecatedNodeLabel(key);
    if (message) out.push(`${at.child('nodeSelector').key(key)}: ${message}`);
  }
  const affinity = spec.affinity?.nodeAffinity;
  const here = at.child('affinity', 'nodeAffinity');
  affinity?.[REQUIRED]?.nodeSelectorTerms?.forEach((term, i) =>
    out.push(...nodeSelectorTermWarnings(term, here.child(REQUIRED, 'nodeSelectorTerms').index(i), false)),
  );
  affinity?.[PREFERRED]?.forEach(({ preference }, i) =>
    out.push(...nodeSelectorTermWarnings(preference ?? {}, here.child(PREFERRED).index(i).child('preference'), true)),
  );
  spec.topologySpreadConstraints?.forEach(({ topologyKey = '', labelSelector }, i) => {
    const constraint = at.child('topologySpreadConstraints').index(i);
    const message = deprecatedNodeLabel(topologyKey);
    if (message) out.push(`${constraint.child('topologyKey')}: ${topologyKey} is ${message}`);
    if (!labelSelector) out.push(`${constraint.child('labelSelector')}: ${NO_POD}`);
  });
}

function addVolumes(out: string[], { volumes }: Parts<PodSpec>, at: Path): void {
  if (!volumes?.length) return;
  volumes.forEach((volume, i) => {
    const here = at.child('volumes').index(i);
    for (const [source, message] of Object.entries(OLD_VOLUMES)) {
      if (volume[source as keyof typeof OLD_VOLUMES])
        out.push(`${here.child(source === 'storageos' ? 'storageOS' : source)}: ${message}`);
    }
    const claim = volume.ephemeral?.volumeClaimTemplate?.spec?.resources?.requests?.['storage'];
    if (claim !== undefined) {
      const requests = here.child('ephemeral', 'volumeClaimTemplate', 'spec', 'resources', 'requests');
      addFraction(out, String(claim), requests.key('storage'));
    }
  });
  out.push(...overlapWarnings(volumes));
}

function addRepeated(out: string[], { hostAliases = [], imagePullSecrets = [] }: Parts<PodSpec>, at: Path): void {
  const ips = new Set<string>();
  hostAliases.forEach(({ ip = '' }, i) => {
    if (ips.has(ip)) out.push(`${at.child('hostAliases').index(i).child('ip')}: duplicate ip ${JSON.stringify(ip)}`);
    ips.add(ip);
  });
  const names = new Set<string>();
  imagePullSecrets.forEach(({ name = '' }, i) => {
    if (names.has(name))
      out.push(`${at.child('imagePullSecrets').index(i).child('name')}: duplicate name ${JSON.stringify(name)}`);
    names.add(name);
  });
  imagePullSecrets.forEach(({ name = '' }, i) => {
    if (!name) out.push(`${at.child('imagePullSecrets').index(i).child('name')}: invalid empty name ""`);
  });
}

function addFractions(out: string[], amounts: Record<string, string> | undefined, at: Path): void {
  if (!amounts) return;
  for (const name of ['memory', 'ephemeral-storage']) {
    const amount = amounts[name];
    if (amount !== undefined) addFraction(out, String(amount), at.key(name));
  }
}

/** Only these can be less than a whole. */
const MAY_BE_FRACTION = /[.num]|[eE]-/;

/** Half a byte cannot be had. */
function addFraction(out: string[], amount: string, at: Path): void {
  if (!MAY_BE_FRACTION.test(amount) || quantityMilli(amount) % 1000 === 0) return;
  out.push(`${at}: fractional byte value ${JSON.stringify(canonicalQuantity(amount))} is invalid, must be an integer`);
}

function addSeccomp(out: string[], spec: Parts<PodSpec>, annotations: Annotations, keys: Path): void {
  const say = (key: string): void => {
    if (annotations[key] !== undefined)
      out.push(`${keys.key(key)}: non-functional in v1.27+; use the "seccompProfile" field instead`);
  };
  if (!spec.securityContext?.seccompProfile) say(SECCOMP_POD);
  visitContainers(spec, keys, ({ name, securityContext }) => {
    if (!securityContext?.seccompProfile) say(SECCOMP_CONTAINER + name);
  });
}

function addContainer(out: string[], { resources, env = [] }: Parts<Container>, at: Path): void {
  for (const kind of ['limits', 'requests'] as const) addFractions(out, resources?.[kind], at.child('resources', kind));
  if (env.length < 2) return;
  const names = new Set<string>();
  env.forEach(({ name = '', value = '', valueFrom }, i) => {
    const reference = `$(${name})`;
    // a later value may build upon the earlier one
    if (names.has(name) && (valueFrom || value === reference || !value.includes(reference))) {
      out.push(
        `${at.child('env').index(i)}: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
      );
    }
    names.add(name);
  });
}

const goForm = ({ name = '', hostPort = 0, containerPort = 0, protocol, hostIP = '' }: Parts<ContainerPort>): string =>
  `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol ?? ''} HostIP:${hostIP}}`;

function addPorts(out: string[], spec: Parts<PodSpec>, at: Path): void {
  const ports = new Map<string, { at: Path; hostPort: number; hostIP: string }[]>();
  const names = new Map<string, Path>();
  const sameName: string[] = [];
  visitContainers(spec, at, (container, here) =>
    container.ports?.forEach((port, i) => {
      const { hostPort = 0, hostIP = '', containerPort, protocol, name } = port;
      const place = here.child('ports').index(i);
      if (hostIP && !hostPort) out.push(`${place}: hostIP set without hostPort: ${goForm(port)}`);
      const key = `${containerPort}/${protocol}`;
      let others = ports.get(key);
      if (!others) ports.set(key, (others = []));
      for (const other of others) {
        if (out.length >= MAX_WARNINGS) break;
        const how = overlap({ hostPort, hostIP }, other);
        if (how) out.push(`${place}: ${how} port definition with ${other.at}`);
      }
      others.push({ at: place, hostPort, hostIP });
      if (!name) return;
      const first = names.get(name);
      if (!first) names.set(name, place);
      else {
        const chosen = `services and probes that select ports by name will use ${first}`;
        sameName.push(`${place}: duplicate port name ${JSON.stringify(name)} with ${first}, ${chosen}`);
      }
    }),
  );
  out.push(...sameName);
}

interface HostPort {
  hostPort: number;
  hostIP: string;
}

function overlap(a: HostPort, b: HostPort): string | undefined {
  if (a.hostIP === b.hostIP && a.hostPort === b.hostPort) return 'duplicate';
  if (a.hostPort === 0 || b.hostPort === 0) return 'overlapping';
  return a.hostPort === b.hostPort && (a.hostIP === '') !== (b.hostIP === '') ? 'dangerously ambiguous' : undefined;
}
