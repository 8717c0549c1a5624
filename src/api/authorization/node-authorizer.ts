import type { Pod } from '../../../schema/types.ts';
import type { Store } from '../../store/contract.ts';
import type { User } from '../contract.ts';
import { objectAs } from '../object-as.ts';
import type { ResourceAttributes } from './attributes.ts';
import type { Decision } from './rbac.ts';

const NODE_PREFIX = 'system:node:';
const NODES = 'system:nodes';
const ATTACHMENTS = 'volumeattachments.storage.k8s.io';

/** The node's name if the user is a node agent. */
export const nodeNameOf = (user: User): string | undefined =>
  user.groups.includes(NODES) && user.name.startsWith(NODE_PREFIX) ? user.name.slice(NODE_PREFIX.length) : undefined;

/** Names of what a pod's spec refers to, by kind. */
function refersTo({ spec }: Pod, resource: 'secrets' | 'configmaps', name: string): boolean {
  const containers = [
    ...(spec?.initContainers ?? []),
    ...(spec?.containers ?? []),
    ...(spec?.ephemeralContainers ?? []),
  ];
  const key = resource === 'secrets' ? 'secretRef' : 'configMapRef';
  const single = resource === 'secrets' ? 'secretKeyRef' : 'configMapKeyRef';
  const fromEnvironment = containers.some(
    (c) => c.envFrom?.some((e) => e[key]?.name === name) || c.env?.some((e) => e.valueFrom?.[single]?.name === name),
  );
  if (fromEnvironment) return true;
  if (resource === 'secrets' && spec?.imagePullSecrets?.some((s) => s.name === name)) return true;
  const source = resource === 'secrets' ? 'secret' : 'configMap';
  return (spec?.volumes ?? []).some((v) => {
    if (resource === 'secrets' && (v.secret?.secretName === name || v.csi?.nodePublishSecretRef?.name === name))
      return true;
    if (resource === 'configmaps' && v.configMap?.name === name) return true;
    return v.projected?.sources?.some((s) => s[source]?.name === name) ?? false;
  });
}

const claims = (pod: Pod, name: string): boolean =>
  (pod.spec?.volumes ?? []).some(
    (v) => v.persistentVolumeClaim?.claimName === name || (v.ephemeral && `${pod.metadata.name}-${v.name}` === name),
  );

/**
 * What a node agent may read besides its role's rules: what the pods that are bound to it refer to
 * (the Node authorizer's graph, walked from the pods of the node when asked).
 */
export class NodeAuthorizer {
  constructor(private readonly store: Store) {}

  /** Undefined: this resource is not for it to decide. */
  decide(node: string, attributes: ResourceAttributes): Decision | undefined {
    const { group, resource, subresource, verb, namespace, name } = attributes;
    const read = ['get', 'list', 'watch'].includes(verb) && subresource === '' && name !== '';
    const no: Decision = { allowed: false, reason: `no relationship found between node '${node}' and this object` };
    const yes = (found: boolean): Decision => (found ? { allowed: true, reason: '' } : no);
    const pods = () => this.podsOf(node, namespace);
    if (group === '' && (resource === 'secrets' || resource === 'configmaps')) {
      return yes(read && pods().some((p) => refersTo(p, resource, name)));
    }
    if (group === '' && resource === 'persistentvolumeclaims' && verb === 'get')
      return yes(pods().some((p) => claims(p, name)));
    if (group === '' && resource === 'persistentvolumes' && verb === 'get') return yes(this.usesVolume(node, name));
    if (group === '' && resource === 'serviceaccounts') {
      const allowed = (subresource === 'token' && verb === 'create') || (subresource === '' && verb === 'get');
      return yes(allowed && pods().some((p) => p.spec?.serviceAccountName === name));
    }
    if (group === 'storage.k8s.io' && resource === 'volumeattachments' && verb === 'get') {
      const attachment = this.store.get({ resource: ATTACHMENTS, namespace: '', name });
      return yes(attachment !== undefined && objectAs(ATTACHMENTS, attachment).spec.nodeName === node);
    }
    return undefined;
  }

  private podsOf(node: string, namespace?: string): Pod[] {
    return this.store
      .list({ resource: 'pods', ...(namespace && { namespace }) })
      .items.filter((pod) => pod.fields?.['spec.nodeName'] === node)
      .map((pod) => objectAs('pods', pod));
  }

  private usesVolume(node: string, name: string): boolean {
    const volume = this.store.get({ resource: 'persistentvolumes', namespace: '', name });
    const { namespace, name: claim } = (volume && objectAs('persistentvolumes', volume).spec?.claimRef) ?? {};
    return claim !== undefined && this.podsOf(node, namespace).some((pod) => claims(pod, claim));
  }
}
