import { generateName } from '../../meta/names-generate.ts';
import type { KubeObject } from '../../meta/object.ts';
import { forbiddenRequest } from '../../meta/status.ts';
import { requestName, type AdmissionPlugin, type AdmissionRequest } from './plugin.ts';
import { containersOf, isMirrorPod, podCreate } from './pods.ts';

const PODS = { group: '', resource: 'pods' };
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
/** An hour and a little, so that a token that is renewed at 80% lasts as long as one of an hour was meant to. */
const TOKEN_SECONDS = 3607;

async function find(request: AdmissionRequest, name: string): Promise<KubeObject> {
  const { store, target } = request;
  const key = { resource: 'serviceaccounts', namespace: target.namespace, name };
  let account = store.get(key);
  if (!account) {
    await store.fresh();
    account = store.get(key);
  }
  if (account) return account.object;
  const why = `error looking up service account ${target.namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`;
  throw forbiddenRequest(PODS, requestName(request), why);
}

const tokenVolume = (name: string): unknown => ({
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

const wantsToken = (pod: KubeObject, account: KubeObject): boolean =>
  pod['spec'].automountServiceAccountToken ?? account['automountServiceAccountToken'] ?? true;

/** Mounts a projected volume with the token into every container that has nothing at that path. */
function mountToken(pod: KubeObject): void {
  const { spec } = pod;
  const name: string =
    spec.volumes?.find((v: { name: string }) => v.name?.startsWith('kube-api-access-'))?.name ??
    generateName('kube-api-access-');
  let used = false;
  for (const container of containersOf(pod)) {
    if (container.volumeMounts?.some((m: { mountPath: string }) => m.mountPath === MOUNT_PATH)) continue;
    (container.volumeMounts ??= []).push({ name, readOnly: true, mountPath: MOUNT_PATH });
    used = true;
  }
  if (used && !spec.volumes?.some((v: { name: string }) => v.name === name))
    (spec.volumes ??= []).push(tokenVolume(name));
}

/** Every pod runs as a service account of its namespace, with its token and its image pull secrets. */
export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  handles: podCreate,
  async admit(request) {
    const pod = request.object!;
    const spec = (pod['spec'] ??= {});
    if (isMirrorPod(pod)) return refuseForMirror(request);
    spec.serviceAccountName ||= spec.serviceAccount || 'default';
    spec.serviceAccount = spec.serviceAccountName;
    const account = await find(request, spec.serviceAccountName);
    if (wantsToken(pod, account)) mountToken(pod);
    if (!spec.imagePullSecrets?.length && account['imagePullSecrets']?.length)
      spec.imagePullSecrets = structuredClone(account['imagePullSecrets']);
  },
};

function refuseForMirror(request: AdmissionRequest): void {
  const { spec } = request.object!;
  if (spec.serviceAccountName)
    throw forbiddenRequest(PODS, requestName(request), 'a mirror pod may not reference service accounts');
  const sources = (spec.volumes ?? []).flatMap(
    (v: { secret?: unknown; projected?: { sources?: { serviceAccountToken?: unknown }[] } }) =>
      v.projected?.sources ?? [],
  );
  if (sources.some((s: { serviceAccountToken?: unknown }) => s.serviceAccountToken)) {
    throw forbiddenRequest(
      PODS,
      requestName(request),
      'a mirror pod may not use ServiceAccountToken volume projections',
    );
  }
}
