import type { CSIDriver, Pod, TokenRequest, Volume } from '../../../../schema/types.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import { parseGroupResource } from '../../../meta/gvk.ts';
import { notFound } from '../../../meta/status.ts';
import { claimOf } from '../../../rules/pod-claims.ts';
import type { Store } from '../../../store/contract.ts';
import { objectAs } from '../../object-as.ts';
import type { AdmissionRequest } from '../plugin.ts';
import { find, refuse, type NodeRule } from './rule.ts';

const DRIVERS = 'csidrivers.storage.k8s.io';
/** The driver that has taken over a volume type of Kubernetes' own. Source: csi-translation-lib. */
const MIGRATED = {
  awsElasticBlockStore: 'ebs.csi.aws.com',
  gcePersistentDisk: 'pd.csi.storage.gke.io',
  cinder: 'cinder.csi.openstack.org',
  azureDisk: 'disk.csi.azure.com',
  azureFile: 'file.csi.azure.com',
  vsphereVolume: 'csi.vsphere.vmware.com',
  portworxVolume: 'pxd.portworx.com',
} as const satisfies Partial<Record<keyof Volume, string>>;
type Migrated = Partial<Record<keyof typeof MIGRATED, unknown>>;

const quote = JSON.stringify;
const migratedDriver = (source: Migrated | undefined): string | undefined =>
  (Object.keys(MIGRATED) as (keyof typeof MIGRATED)[]).flatMap((type) => (source?.[type] ? [MIGRATED[type]] : []))[0];

/** Asks for tokens that end with a pod of its own, and are for whom the pod wants them (KEP-4935). */
export const tokens: NodeRule = async (request, node) => {
  const { operation, target } = request;
  if (operation !== 'CREATE' || target.subresource !== 'token') return;
  const { spec } = request.object as Unchecked<TokenRequest>;
  const { apiVersion, kind, name, uid } = spec?.boundObjectRef ?? {};
  if (apiVersion !== 'v1' || kind !== 'Pod' || !name) throw refuse(request, 'node requested token not bound to a pod');
  if (!uid) throw refuse(request, 'node requested token with a pod binding without a uid');
  const stored = await find(request, 'pod', target.namespace, name);
  if (uid !== stored.uid) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw refuse(request, why);
  }
  const pod = objectAs('pods', stored);
  if (pod.spec?.nodeName !== node)
    throw refuse(request, 'node requested token bound to a pod scheduled on a different node');
  checkAudience(request, pod, spec?.audiences ?? []);
};

function checkAudience(request: AdmissionRequest, pod: Pod, [audience = '', ...more]: readonly string[]): void {
  if (more.length) throw refuse(request, 'node may only request 0 or 1 audiences');
  const errors: string[] = [];
  for (const volume of pod.spec?.volumes ?? []) {
    if (
      volume.projected?.sources?.some(({ serviceAccountToken: token }) => token && (token.audience ?? '') === audience)
    )
      return;
    try {
      const driver = driverOf(request.store, pod, volume);
      if (driver && wantsTokenFor(csiDriver(request.store, driver), audience)) return;
    } catch (error) {
      errors.push((error as Error).message);
    }
  }
  if (errors.length) {
    const all = [...new Set(errors)];
    const why = all.length === 1 ? all[0] : `[${all.join(', ')}]`;
    throw refuse(request, `error validating audience ${quote(audience)}: ${why}`);
  }
  if (mayAskFor(request, audience)) return;
  const why = `audience ${quote(audience)} not found in pod spec volume, ${request.ctx.user.name} is not authorized to request tokens for this audience`;
  throw refuse(request, why);
}

/** Roles may name audiences, in the place of a resource, that a node asks for where no pod says so. */
const mayAskFor = ({ authorizer, ctx, target }: AdmissionRequest, audience: string): boolean =>
  authorizer.decide(ctx.user, {
    verb: 'request-serviceaccounts-token-audience',
    group: '',
    version: 'v1',
    resource: audience,
    subresource: '',
    namespace: target.namespace,
    name: target.name,
  }).allowed;

/** The CSI driver that mounts a volume of the pod. Throws 404 for a claim or volume that is not there. */
function driverOf(store: Store, pod: Pod, volume: Parts<Volume>): string | undefined {
  const claim = claimOf(pod, volume);
  if (claim === undefined) return volume.csi ? volume.csi.driver : migratedDriver(volume);
  const { namespace = '' } = pod.metadata;
  const name =
    objectAs('persistentvolumeclaims', there(store, 'persistentvolumeclaims', namespace, claim)).spec?.volumeName ?? '';
  const { spec } = objectAs('persistentvolumes', there(store, 'persistentvolumes', '', name));
  return spec?.csi ? spec.csi.driver : migratedDriver(spec);
}

const csiDriver = (store: Store, name: string): CSIDriver => objectAs(DRIVERS, there(store, DRIVERS, '', name));
const wantsTokenFor = ({ spec }: CSIDriver, audience: string): boolean =>
  (spec.tokenRequests ?? []).some((request) => request.audience === audience);

function there(store: Store, key: string, namespace: string, name: string) {
  const stored = store.get({ resource: key, namespace, name });
  if (stored) return stored;
  const { group, resource } = parseGroupResource(key);
  // the kind in small letters stands where a resource does
  throw notFound({ group, resource: resource.replace(/s$/, '') }, name);
}
