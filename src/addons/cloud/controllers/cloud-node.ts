import type { Node, NodeAddress } from '../../../../schema/types.ts';
import { unlessGone } from '../../../control/conflict.ts';
import type { Context, Reconciler } from '../../../control/contract.ts';
import { semanticEqual } from '../../../control/equal.ts';
import { canonicalAddress } from '../../../meta/address.ts';
import type { InstanceMetadata, Instances } from '../provider.ts';
import { aboutNode } from '../subjects.ts';

/** On a node whose kubelet leaves to the cloud what the cloud knows, until it has said it. */
export const UNINITIALIZED = 'node.cloudprovider.kubernetes.io/uninitialized';
const PROVIDED_IP = 'alpha.kubernetes.io/provided-node-ip';
const KUBERNETES = /(^|\.)(kubernetes|k8s)\.io\//;
/** ms between looks at the addresses of one node (--node-status-update-frequency) */
const PERIOD = 5 * 60_000;

/** Labels of old names, by which those that took their place are kept. */
const MIRRORED: readonly [old: string, label: string][] = [
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['beta.kubernetes.io/instance-type', 'node.kubernetes.io/instance-type'],
];

/**
 * Tells the cluster what the cloud knows of a new node (place, type, addresses), after which pods may come, and keeps its
 * addresses right. Source: k8s.io/cloud-provider/controllers/node.
 */
export function cloudNodeController(instances: Instances): Reconciler {
  return {
    name: 'cloud-node',
    source: 'cloud-node-controller',
    watches: [{ resource: 'nodes' }],
    async reconcile(name, ctx) {
      const node = ctx.informer('nodes').get('', name);
      if (!node) return undefined;
      const isNew = (node.spec?.taints ?? []).some(({ key }) => key === UNINITIALIZED);
      if (!isNew) await mirrorLabels(node, ctx);
      const metadata = await instances.metadata(node);
      if (!metadata) return undefined;
      if (isNew) await initialize(node, metadata, ctx);
      else await writeAddresses(node, metadata, ctx);
      return { requeueAfter: PERIOD };
    },
  };
}

async function initialize(node: Node, metadata: InstanceMetadata, ctx: Context): Promise<void> {
  // An address that the node claims and the cloud does not know is an error, and the taint stays.
  preferred(node, metadata.addresses);
  const { name, resourceVersion } = node.metadata;
  const { instanceType, zone, region } = metadata;
  const own = Object.entries(metadata.labels ?? {}).filter(
    ([label]) => !KUBERNETES.test(label) && node.metadata.labels?.[label] === undefined,
  );
  const labels = {
    ...Object.fromEntries(own),
    ...(instanceType && {
      'beta.kubernetes.io/instance-type': instanceType,
      'node.kubernetes.io/instance-type': instanceType,
    }),
    ...(zone && { 'failure-domain.beta.kubernetes.io/zone': zone, 'topology.kubernetes.io/zone': zone }),
    ...(region && { 'failure-domain.beta.kubernetes.io/region': region, 'topology.kubernetes.io/region': region }),
  };
  const taints = (node.spec?.taints ?? []).filter(({ key }) => key !== UNINITIALIZED);
  const written = await unlessGone(
    ctx.client.patch('nodes', '', name, {
      metadata: { resourceVersion, labels },
      spec: {
        taints: taints.length ? taints : null,
        ...(!node.spec?.providerID && { providerID: metadata.providerID }),
      },
    }),
  );
  if (!written) return;
  await writeAddresses(written, metadata, ctx);
  ctx.events.event(aboutNode(node), 'Normal', 'Synced', 'Node synced successfully');
}

async function mirrorLabels(node: Node, ctx: Context): Promise<void> {
  const { name, labels = {} } = node.metadata;
  const wanted = MIRRORED.flatMap(([old, label]) => {
    const value = labels[old];
    return value !== undefined && value !== labels[label] ? [[label, value]] : [];
  });
  if (!wanted.length) return;
  await unlessGone(ctx.client.patch('nodes', '', name, { metadata: { labels: Object.fromEntries(wanted) } }));
}

async function writeAddresses(node: Node, metadata: InstanceMetadata, ctx: Context): Promise<void> {
  if (!metadata.addresses.length) return;
  const current = node.status?.addresses ?? [];
  const hostNames = metadata.addresses.some(({ type }) => type === 'Hostname')
    ? []
    : current.filter(({ type }) => type === 'Hostname');
  const addresses = preferred(node, [...metadata.addresses, ...hostNames]);
  const sorted = (all: readonly NodeAddress[]): string[] => all.map(({ type, address }) => `${type} ${address}`).sort();
  if (semanticEqual(sorted(addresses), sorted(current))) return;
  // The list as a whole: of the strategic patch only what is new would be added.
  await unlessGone(
    ctx.client.patch('nodes', '', node.metadata.name, { status: { addresses } }, { subresource: 'status' }),
  );
}

/**
 * The cloud's addresses; of each type of which the kubelet has named one (--node-ip), that alone.
 * @throws Error for one that the cloud does not know
 */
function preferred(node: Node, addresses: readonly NodeAddress[]): NodeAddress[] {
  const said = node.metadata.annotations?.[PROVIDED_IP];
  if (said === undefined) return [...addresses];
  const enforced: NodeAddress[] = [];
  for (const ip of said.split(',').map((each) => each.trim())) {
    const matching = addresses.filter(({ address }) => canonicalAddress(address) === canonicalAddress(ip));
    if (!matching.length)
      throw new Error(
        `provided node ip for node "${node.metadata.name}" is not valid: failed to get node address from cloud provider that matches ip: ${ip}`,
      );
    enforced.push(...matching);
  }
  const types = new Set(enforced.map(({ type }) => type));
  return [...enforced, ...addresses.filter(({ type }) => !types.has(type))];
}
