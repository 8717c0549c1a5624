import type { Reconciler } from '../control/contract.ts';
import { isStatusError } from '../meta/status.ts';

const NAME = 'kube-root-ca.crt';
const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Keeps the ConfigMap with the API server's CA in every namespace. @param ca PEM */
export const rootCa = (ca: string): Reconciler => ({
  name: 'root-ca-cert-publisher',
  account: 'root-ca-cert-publisher',
  watches: [
    { resource: 'namespaces' },
    {
      resource: 'configmaps',
      keys: (map, old) => ((map ?? old)!.metadata.name === NAME ? [(map ?? old)!.metadata.namespace!] : []),
    },
  ],
  async reconcile(namespace, ctx) {
    const object = ctx.informer('namespaces').get('', namespace);
    if (!object || object.status?.phase === 'Terminating' || object.metadata.deletionTimestamp) return;
    const current = ctx.informer('configmaps').get(namespace, NAME);
    const data = { 'ca.crt': ca };
    const annotations = { 'kubernetes.io/description': DESCRIPTION };
    if (!current) {
      const metadata = { name: NAME, namespace, annotations };
      await ctx.client
        .create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
        .catch((error: unknown) => {
          if (!['AlreadyExists', 'NotFound', 'Forbidden'].some((reason) => isStatusError(error, reason))) throw error;
        });
    } else if (
      current.data?.['ca.crt'] !== ca ||
      Object.keys(current.data).length !== 1 ||
      !current.metadata.annotations?.['kubernetes.io/description']
    ) {
      await ctx.client.update('configmaps', {
        ...current,
        data,
        metadata: { ...current.metadata, annotations: { ...current.metadata.annotations, ...annotations } },
      });
    }
  },
});
