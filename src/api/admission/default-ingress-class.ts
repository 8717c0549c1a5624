import type { AdmissionPlugin } from './plugin.ts';

const CLASSES = 'ingressclasses.networking.k8s.io';
const INGRESSES = 'ingresses.networking.k8s.io';
const DEFAULT = 'ingressclass.kubernetes.io/is-default-class';

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** An Ingress that names no class gets the default one. */
export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  handles: (target, operation) =>
    operation === 'CREATE' && target.kind.storage.key === INGRESSES && target.subresource === '',
  admit({ store, object }) {
    const spec = (object!['spec'] ??= {});
    if (
      spec.ingressClassName !== undefined ||
      object!.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined
    )
      return;
    const classes = store
      .list({ resource: CLASSES })
      .items.filter((c) => c.object.metadata.annotations?.[DEFAULT] === 'true');
    if (classes.length === 0) return;
    // of several the newest, of those of one second the first by name
    const [chosen] = classes.sort(
      (a, b) =>
        compare(b.object.metadata.creationTimestamp, a.object.metadata.creationTimestamp) || compare(a.name, b.name),
    );
    spec.ingressClassName = chosen!.name;
  },
};
