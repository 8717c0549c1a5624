import { generateName } from '../../meta/names-generate.ts';
import type { Pod, PodSpec, ServiceAccount, Volume } from '../../../schema/types.ts';
import type { Parts, Unchecked } from '../../meta/object.ts';
import { forbiddenRequest, type StatusError } from '../../meta/status.ts';
import { objectAs } from '../object-as.ts';
import { incoming, isWriteOf, lookUp } from './objects.ts';
import { requestName, type AdmissionPlugin, type AdmissionRequest } from './plugin.ts';
import { containersOf, isMirrorPod } from './pods.ts';

const PODS = { group: '', resource: 'pods' };
const ACCOUNTS = 'serviceaccounts';
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
/** An hour and a little, so that a token that is renewed at 80% lasts as long as one of an hour was meant to. */
const TOKEN_SECONDS = 3607;

function notThere(request: AdmissionRequest, name: string): StatusError {
  const why = `error looking up service account ${request.target.namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`;
  return forbiddenRequest(PODS, requestName(request), why);
}

const tokenVolume = (name: string): Volume => ({
  name,
  projected: {
    sources: [
      { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
    defaultMode: 420,
  },
});

const wantsToken = (spec: Parts<PodSpec>, account: ServiceAccount): boolean =>
  spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;

/** Mounts a projected volume with the token into every container that has nothing at that path. */
function mountToken(spec: Parts<PodSpec>): void {
  const name =
    spec.volumes?.find((v) => v.name?.startsWith('kube-api-access-'))?.name ?? generateName('kube-api-access-');
  let used = false;
  for (const container of containersOf(spec)) {
    if (container.volumeMounts?.some((m) => m.mountPath === MOUNT_PATH)) continue;
    (container.volumeMounts ??= []).push({ name, readOnly: true, mountPath: MOUNT_PATH });
    used = true;
  }
  if (used && !spec.volumes?.some((v) => v.name === name)) (spec.volumes ??= []).push(tokenVolume(name));
}

/** Every pod runs as a service account of its namespace, with its token and its image pull secrets. */
export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  handles: (target, operation) => operation === 'CREATE' && isWriteOf(target, 'pods'),
  admit(request) {
    const pod = incoming(request, 'pods');
    const spec = (pod.spec ??= {});
    if (isMirrorPod(pod)) return refuseForMirror(request, pod);
    spec.serviceAccountName ||= spec.serviceAccount || 'default';
    spec.serviceAccount = spec.serviceAccountName;
    const name = spec.serviceAccountName;
    return lookUp(request.store, { resource: ACCOUNTS, namespace: request.target.namespace, name }, (found) => {
      if (!found) throw notThere(request, name);
      const account = objectAs(ACCOUNTS, found);
      if (wantsToken(spec, account)) mountToken(spec);
      if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length)
        spec.imagePullSecrets = structuredClone(account.imagePullSecrets);
    });
  },
};

function refuseForMirror(request: AdmissionRequest, { spec }: Unchecked<Pod>): void {
  if (spec?.serviceAccountName || spec?.serviceAccount)
    throw forbiddenRequest(PODS, requestName(request), 'a mirror pod may not reference service accounts');
  if (spec?.volumes?.some((v) => v.projected?.sources?.some((s) => s.serviceAccountToken))) {
    throw forbiddenRequest(
      PODS,
      requestName(request),
      'a mirror pod may not use ServiceAccountToken volume projections',
    );
  }
}
