import { panel, type Facet } from './facet.ts';
import { joined, selectorText, textOf } from './texts.ts';

type Selector = Parameters<typeof selectorText>[0];

interface Port {
  name?: string;
  port?: number | string;
  endPort?: number;
  protocol?: string;
  targetPort?: number | string;
  nodePort?: number;
}
interface Service {
  spec?: { ports?: readonly Port[] };
}

export const services: Facet = {
  actions: [],
  facts: [
    ['Type', 'spec.type'],
    ['Addresses', 'spec.clusterIPs'],
    ['From outside', 'status.loadBalancer.ingress.ip'],
    ['Name outside', 'status.loadBalancer.ingress.hostname'],
    ['Stands for', 'spec.externalName'],
    ['Selector', 'spec.selector'],
  ],
  panels: [
    panel<Service>('Ports', ['Name', 'Port', 'At the pods', 'On nodes', 'Protocol'], ({ spec }) =>
      (spec?.ports ?? []).map(({ name, port, targetPort, nodePort, protocol }) => [
        textOf(name),
        textOf(port),
        textOf(targetPort),
        textOf(nodePort),
        textOf(protocol),
      ]),
    ),
  ],
};

interface Backend {
  service?: { name: string; port?: { name?: string; number?: number } };
  resource?: { kind: string; name: string };
}
interface Ingress {
  spec?: {
    defaultBackend?: Backend;
    rules?: readonly {
      host?: string;
      http?: { paths?: readonly { path?: string; pathType?: string; backend?: Backend }[] };
    }[];
    tls?: readonly { hosts?: readonly string[]; secretName?: string }[];
  };
}

function backendText({ service, resource }: Backend = {}): string {
  if (resource) return `${resource.kind} ${resource.name}`;
  return service ? `${service.name}:${service.port?.name ?? service.port?.number ?? ''}` : '';
}

export const ingresses: Facet = {
  actions: [],
  facts: [
    ['Class', 'spec.ingressClassName'],
    ['Addresses', 'status.loadBalancer.ingress.ip'],
    ['Names', 'status.loadBalancer.ingress.hostname'],
  ],
  panels: [
    panel<Ingress>('Rules', ['Host', 'Path', 'Match', 'Leads to'], ({ spec }) => [
      ...(spec?.rules ?? []).flatMap(({ host = 'any', http }) =>
        (http?.paths ?? []).map(({ path, pathType, backend }) => [
          host,
          textOf(path),
          textOf(pathType),
          backendText(backend),
        ]),
      ),
      ...(spec?.defaultBackend ? [['all others', '', '', backendText(spec.defaultBackend)]] : []),
    ]),
    panel<Ingress>('TLS', ['Hosts', 'Secret'], ({ spec }) =>
      (spec?.tls ?? []).map(({ hosts, secretName }) => [joined(hosts), textOf(secretName)]),
    ),
  ],
};

interface Peer {
  podSelector?: Selector;
  namespaceSelector?: Selector;
  ipBlock?: { cidr: string; except?: readonly string[] };
}
interface PolicyRule {
  from?: readonly Peer[];
  to?: readonly Peer[];
  ports?: readonly Port[];
}
interface Policy {
  spec?: {
    podSelector?: Selector;
    policyTypes?: readonly string[];
    ingress?: readonly PolicyRule[];
    egress?: readonly PolicyRule[];
  };
}

function peerText({ podSelector, namespaceSelector, ipBlock }: Peer): string {
  if (ipBlock) return `${ipBlock.cidr}${ipBlock.except?.length ? ` but ${joined(ipBlock.except)}` : ''}`;
  const pods = `pods: ${selectorText(podSelector)}`;
  return namespaceSelector ? `${pods} in namespaces: ${selectorText(namespaceSelector)}` : pods;
}

const portText = ({ port, endPort, protocol = 'TCP' }: Port): string =>
  `${port ?? 'all'}${endPort === undefined ? '' : `–${endPort}`}/${protocol}`;

const ruleRow = (direction: string, peers: readonly Peer[] = [], ports: readonly Port[] = []): string[] => [
  direction,
  peers.map(peerText).join('; ') || 'everything',
  ports.map(portText).join(', ') || 'all',
];

/** A direction that a policy is about, and has no rule for, is closed. */
function policyRows({ spec }: Policy): string[][] {
  const { policyTypes = [], ingress = [], egress = [] } = spec ?? {};
  const closed = (type: string, direction: string, rules: readonly PolicyRule[]): string[][] =>
    policyTypes.includes(type) && !rules.length ? [[direction, 'nothing', '']] : [];
  return [
    ...closed('Ingress', 'from', ingress),
    ...ingress.map(({ from, ports }) => ruleRow('from', from, ports)),
    ...closed('Egress', 'to', egress),
    ...egress.map(({ to, ports }) => ruleRow('to', to, ports)),
  ];
}

export const networkPolicies: Facet = {
  actions: [],
  facts: [['About', 'spec.policyTypes']],
  panels: [
    panel<Policy>('Of which pods', ['Selector'], ({ spec }) => [[selectorText(spec?.podSelector)]]),
    panel<Policy>('What is let through', ['Direction', 'Whom', 'Ports'], policyRows),
  ],
};

interface Slice {
  ports?: readonly Port[];
  endpoints?: readonly {
    addresses?: readonly string[];
    conditions?: { ready?: boolean; terminating?: boolean };
    targetRef?: { kind?: string; name?: string };
    nodeName?: string;
    zone?: string;
  }[];
}

export const endpointSlices: Facet = {
  actions: [],
  facts: [['Kind of addresses', 'addressType']],
  panels: [
    panel<Slice>('Ports', ['Name', 'Port'], ({ ports }) =>
      (ports ?? []).map((each) => [textOf(each.name), portText(each)]),
    ),
    panel<Slice>('Endpoints', ['Addresses', 'Ready', 'Of', 'Node', 'Zone'], ({ endpoints }) =>
      (endpoints ?? []).map(({ addresses, conditions, targetRef, nodeName, zone }) => [
        joined(addresses),
        conditions?.terminating ? 'ending' : conditions?.ready === false ? 'no' : 'yes',
        targetRef ? `${textOf(targetRef.kind)} ${textOf(targetRef.name)}` : '',
        textOf(nodeName),
        textOf(zone),
      ]),
    ),
  ],
};
