import { forbiddenRequest } from '../../meta/status.ts';
import type { AdmissionPlugin } from './plugin.ts';

const CLASSES = 'ingressclasses.networking.k8s.io';
const INGRESSES = 'ingresses.networking.k8s.io';
const DEFAULT = 'ingressclass.kubernetes.io/is-default-class';

/** An Ingress that names no class gets the default one. */
export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  handles: (target, operation) => operation === 'CREATE' && target.kind.storage.key === INGRESSES && target.subresource === '',
  admit({ core, object }) {
    const spec = (object!['spec'] ??= {});
    if (spec.ingressClassName !== undefined || object!.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined) return;
    const classes = core.store.list({ resource: CLASSES }).items.filter((c) => c.object.metadata.annotations?.[DEFAULT] === 'true');
    if (classes.length === 0) return;
    const newest = classes.reduce((a, b) => (b.object.metadata.creationTimestamp > a.object.metadata.creationTimestamp ? b : a));
    const rivals = classes.filter((c) => c.object.metadata.creationTimestamp === newest.object.metadata.creationTimestamp);
    if (rivals.length > 1) throw forbiddenRequest({ group: 'networking.k8s.io', resource: 'ingresses' }, object!.metadata.name, `${classes.length} default IngressClasses were found, only 1 allowed`);
    spec.ingressClassName = newest.name;
  },
};
