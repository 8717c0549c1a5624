import type { Store } from '../../store/contract.ts';
import type { User } from '../contract.ts';
import { objectAs } from '../object-as.ts';
import type { ResourceAttributes } from './attributes.ts';
import { NodeGraph, type Reached } from './node-graph.ts';
import { nodeRulesAllow } from './node-rules.ts';
import type { Decision } from './rbac.ts';
import { NODE_LEASE_NAMESPACE } from '../../rules/node-lease.ts';

const NODE_PREFIX = 'system:node:';
const NODES = 'system:nodes';
const ATTACHMENTS = 'volumeattachments.storage.k8s.io';
const SLICES = 'resourceslices.resource.k8s.io';

/** The node's name if the user is a node agent; '' for one that says no name. */
export const nodeNameOf = (user: User): string | undefined =>
  user.groups.includes(NODES) && user.name.startsWith(NODE_PREFIX) ? user.name.slice(NODE_PREFIX.length) : undefined;

const YES: Decision = { allowed: true, reason: '' };
const no = (reason = ''): Decision => ({ allowed: false, reason });
const unrelated = (node: string): Decision => no(`no relationship found between node '${node}' and this object`);

const OWN_OBJECT: ReadonlySet<string> = new Set(['get', 'create', 'update', 'patch', 'delete']);
const READ: ReadonlySet<string> = new Set(['get', 'list', 'watch']);
const WRITE: ReadonlySet<string> = new Set(['update', 'patch']);

type Rule = (node: string, attributes: ResourceAttributes) => Decision;

/** Whether the request demands by its field selector that objects are of the node: each requirement narrows it. */
const isOfNode = ({ fieldSelector = [] }: ResourceAttributes, node: string): boolean =>
  fieldSelector.some(({ field, operator, value }) => field === 'spec.nodeName' && operator === '=' && value === node);

/**
 * What a node agent may do: read what the pods bound to it lead to, write what is its own, and what the rules of all
 * nodes say of the rest (kubernetes.io: Node Authorization; AuthorizeNodeWithSelectors, KEP-4601).
 */
export class NodeAuthorizer {
  readonly graph: NodeGraph;
  /** by resource and group, as `secrets`, `leases.coordination.k8s.io` */
  private readonly rules: ReadonlyMap<string, Rule>;

  constructor(private readonly store: Store) {
    const graph = (this.graph = new NodeGraph(store));
    const reached =
      (resource: Reached) =>
      (node: string, { namespace, name }: ResourceAttributes): boolean =>
        graph.reaches(node, resource, namespace, name);
    this.rules = new Map<string, Rule>([
      ['secrets', namespaced(reached('secrets'))],
      ['configmaps', namespaced(reached('configmaps'))],
      ['persistentvolumeclaims', claims(reached('persistentvolumeclaims'))],
      ['persistentvolumes', single(ofCluster((node, name) => graph.reachesVolume(node, name)))],
      ['resourceclaims.resource.k8s.io', single(reached('resourceclaims'))],
      [ATTACHMENTS, single(ofCluster((node, name) => this.isAttachedTo(node, name)))],
      ['serviceaccounts', serviceAccounts(reached('serviceaccounts'))],
      ['leases.coordination.k8s.io', leases],
      ['csinodes.storage.k8s.io', csiNodes],
      [SLICES, slices(ofCluster((node, name) => this.hasSlice(node, name)))],
      ['nodes', nodes],
      ['pods', pods((node, { namespace, name }) => graph.hasPod(node, namespace, name))],
      // of a feature that is off (PodCertificateRequest)
      ['podcertificaterequests.certificates.k8s.io', () => no()],
    ]);
  }

  /** @param node '' where the user is a node's and says not which */
  decide(node: string, attributes: ResourceAttributes): Decision {
    if (!node) return no(`unknown node for user ${JSON.stringify(NODE_PREFIX)}`);
    const { group, resource } = attributes;
    const rule = this.rules.get(group ? `${resource}.${group}` : resource);
    if (rule) return rule(node, attributes);
    return nodeRulesAllow(attributes) ? YES : no();
  }

  close(): void {
    this.graph.close();
  }

  private isAttachedTo(node: string, name: string): boolean {
    const stored = this.store.get({ resource: ATTACHMENTS, namespace: '', name });
    return stored !== undefined && objectAs(ATTACHMENTS, stored).spec.nodeName === node;
  }

  private hasSlice(node: string, name: string): boolean {
    const stored = this.store.get({ resource: SLICES, namespace: '', name });
    return stored !== undefined && objectAs(SLICES, stored).spec.nodeName === node;
  }
}

type Relation = (node: string, attributes: ResourceAttributes) => boolean;

/** An object of the cluster is in no namespace, whatever a question says. */
const ofCluster =
  (isRelated: (node: string, name: string) => boolean): Relation =>
  (node, { namespace, name }) =>
    namespace === '' && isRelated(node, name);

const related = (node: string, attributes: ResourceAttributes, isRelated: Relation): Decision => {
  if (!attributes.name) return no('No Object name found');
  return isRelated(node, attributes) ? YES : unrelated(node);
};

/** Reads one object, by its name or by a list or watch that demands the name. */
function namespaced(isRelated: Relation): Rule {
  return (node, attributes) => {
    if (!READ.has(attributes.verb)) return no('can only read resources of this type');
    if (attributes.subresource) return no('cannot read subresource');
    if (!attributes.namespace) return no('can only read namespaced object of this type');
    return related(node, attributes, isRelated);
  };
}

function single(isRelated: Relation): Rule {
  return (node, attributes) => {
    if (attributes.verb !== 'get') return no('can only get individual resources of this type');
    if (attributes.subresource) return no('cannot get subresource');
    return related(node, attributes, isRelated);
  };
}

function claims(isRelated: Relation): Rule {
  const get = single(isRelated);
  return (node, attributes) => {
    if (attributes.subresource !== 'status') return get(node, attributes);
    if (!WRITE.has(attributes.verb)) return no('can only get/update/patch this type');
    return related(node, attributes, isRelated);
  };
}

function serviceAccounts(isRelated: Relation): Rule {
  const get = namespaced(isRelated);
  return (node, attributes) => {
    const { verb, subresource, name } = attributes;
    if (verb === 'get' && !subresource) return get(node, attributes);
    if (verb !== 'create' || !name) return no('can only create tokens for individual service accounts');
    if (subresource !== 'token') return no('can only create token subresource of serviceaccount');
    return isRelated(node, attributes) ? YES : unrelated(node);
  };
}

/** The name of what is created is not known here: NodeRestriction looks at it. */
const leases: Rule = (node, { verb, namespace, name }) => {
  if (!OWN_OBJECT.has(verb)) return no('can only get, create, update, patch, or delete a node lease');
  if (namespace !== NODE_LEASE_NAMESPACE)
    return no(`can only access leases in the "${NODE_LEASE_NAMESPACE}" system namespace`);
  if (verb !== 'create' && name !== node)
    return no('can only access node lease with the same name as the requesting node');
  return YES;
};

const csiNodes: Rule = (node, { verb, subresource, name }) => {
  if (!OWN_OBJECT.has(verb)) return no('can only get, create, update, patch, or delete a CSINode');
  if (subresource) return no('cannot authorize CSINode subresources');
  if (verb !== 'create' && name !== node)
    return no('can only access CSINode with the same name as the requesting node');
  return YES;
};

function slices(isRelated: Relation): Rule {
  return (node, attributes) => {
    const { verb, subresource } = attributes;
    if (subresource) return no('cannot authorize ResourceSlice subresources');
    if (verb === 'create') return YES;
    if (verb === 'get' || verb === 'update' || verb === 'patch' || verb === 'delete')
      return related(node, attributes, isRelated);
    if (verb === 'list' || verb === 'watch' || verb === 'deletecollection')
      return isOfNode(attributes, node)
        ? YES
        : no('can only list/watch/deletecollection resourceslices with nodeName field selector');
    return no(
      'only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection',
    );
  };
}

/** By its name alone: a node looks for its object before it is there. */
const nodes: Rule = (node, { verb, subresource, name }) => {
  if (subresource === 'status') return WRITE.has(verb) ? YES : no();
  // of ku7s alone: what its containers have written
  if (subresource === 'logs') return verb === 'create' && name === node ? YES : no();
  if (subresource) return no();
  if (verb === 'create' || WRITE.has(verb)) return YES;
  if (!READ.has(verb)) return no();
  if (name === node) return YES;
  return no(`node '${node}' cannot read ${name ? `'${name}'` : 'all nodes'}, only its own Node object`);
};

function pods(isRelated: Relation): Rule {
  const get = single(isRelated);
  return (node, attributes) => {
    const { verb, subresource, name } = attributes;
    if (subresource === 'status') return WRITE.has(verb) ? YES : no();
    if (subresource === 'eviction') return verb === 'create' ? YES : no();
    if (subresource) return no();
    if (verb === 'get') return get(node, attributes);
    if (verb === 'list' || verb === 'watch') {
      if (isOfNode(attributes, node)) return YES;
      return name
        ? related(node, attributes, isRelated)
        : no('can only list/watch pods with spec.nodeName field selector');
    }
    return verb === 'create' || verb === 'delete' ? YES : no();
  };
}
