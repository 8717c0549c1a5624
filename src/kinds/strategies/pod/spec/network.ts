import type { PodDNSConfig, PodSpec } from '../../../../../schema/types.ts';
import {
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
  type FieldError,
  type Path,
} from '../../../../meta/field.ts';
import { isDns1123Label, isDns1123Subdomain, isDns1123SubdomainWithUnderscore } from '../../../../meta/names.ts';
import type { Parts } from '../../../../meta/object.ts';
import { validateIp } from '../../../validation/ip.ts';
import { addReasons } from '../../../validation/report.ts';

const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
/** What the resolver of the C library takes. */
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;
const MAX_HOSTNAME = 64;

export function addDns(errors: FieldError[], { dnsPolicy, dnsConfig }: Parts<PodSpec>, at: Path): void {
  if (!dnsPolicy) errors.push(required(at.child('dnsPolicy')));
  else if (!DNS_POLICIES.includes(dnsPolicy)) errors.push(notSupported(at.child('dnsPolicy'), dnsPolicy, DNS_POLICIES));
  if (dnsPolicy === 'None' && !dnsConfig?.nameservers?.length) {
    errors.push(
      dnsConfig
        ? required(
            at.child('dnsConfig', 'nameservers'),
            'must provide at least one DNS nameserver when `dnsPolicy` is None',
          )
        : required(at.child('dnsConfig'), 'must provide `dnsConfig` when `dnsPolicy` is None'),
    );
  } else if (dnsConfig) addDnsConfig(errors, dnsConfig, at.child('dnsConfig'));
}

function addDnsConfig(
  errors: FieldError[],
  { nameservers = [], searches = [], options = [] }: Parts<PodDNSConfig>,
  at: Path,
): void {
  if (nameservers.length > MAX_NAMESERVERS) {
    errors.push(
      invalid(at.child('nameservers'), nameservers, `must not have more than ${MAX_NAMESERVERS} nameservers`),
    );
  }
  nameservers.forEach((server, i) => errors.push(...validateIp(server, at.child('nameservers').index(i))));
  if (searches.length > MAX_SEARCHES)
    errors.push(invalid(at.child('searches'), searches, `must not have more than ${MAX_SEARCHES} search paths`));
  if (searches.join(' ').length > MAX_SEARCH_CHARACTERS) {
    const why = `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`;
    errors.push(invalid(at.child('searches'), searches, why));
  }
  searches.forEach((search, i) => {
    if (search === '.') return;
    const name = search.replace(/\.$/, '');
    addReasons(errors, isDns1123SubdomainWithUnderscore(name), name, at.child('searches').index(i));
  });
  options.forEach(({ name }, i) => {
    if (!name) errors.push(required(at.child('options').index(i), 'must not be empty'));
  });
}

/** How the pod is called, and what it calls others. */
export function addHostNames(errors: FieldError[], spec: Parts<PodSpec>, at: Path): void {
  const { hostnameOverride: override } = spec;
  if (override != null) {
    const here = at.child('hostnameOverride');
    if (spec.setHostnameAsFQDN) errors.push(forbidden(here, 'may not be specified when setHostnameAsFQDN is true'));
    if (spec.hostNetwork) errors.push(forbidden(here, 'may not be specified when hostNetwork is true'));
    if (Buffer.byteLength(override) > MAX_HOSTNAME) errors.push(tooLong(here, MAX_HOSTNAME));
    addReasons(errors, isDns1123Subdomain(override), override, here);
  }
  if (spec.hostname) addReasons(errors, isDns1123Label(spec.hostname), spec.hostname, at, 'hostname');
  if (spec.subdomain) addReasons(errors, isDns1123Label(spec.subdomain), spec.subdomain, at, 'subdomain');
  spec.hostAliases?.forEach(({ ip = '', hostnames = [] }, i) => {
    const here = at.child('hostAliases').index(i);
    errors.push(...validateIp(ip, here.child('ip')));
    hostnames.forEach((name, j) =>
      addReasons(errors, isDns1123Subdomain(name), name, here.child('hostnames').index(j)),
    );
  });
}

/** On the host's network a container's port is the host's. A template may leave it open: the pod gets it as a default. */
export function addHostNetworkPorts(
  errors: FieldError[],
  { hostNetwork, containers }: Parts<PodSpec>,
  isPod: boolean,
  at: Path,
): void {
  if (!hostNetwork) return;
  containers?.forEach((container, i) =>
    container.ports?.forEach(({ hostPort = 0, containerPort = 0 }, j) => {
      if ((isPod || hostPort !== 0) && hostPort !== containerPort) {
        const here = at.child('containers').index(i).child('ports').index(j).child('hostPort');
        errors.push(invalid(here, hostPort, 'must match `containerPort` when `hostNetwork` is true'));
      }
    }),
  );
}
