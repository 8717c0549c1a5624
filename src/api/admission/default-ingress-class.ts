import { defaultClass } from './default-class.ts';
import { incoming, isWriteOf } from './objects.ts';
import type { AdmissionPlugin } from './plugin.ts';

const CLASSES = 'ingressclasses.networking.k8s.io';
const INGRESSES = 'ingresses.networking.k8s.io';
const DEFAULT = 'ingressclass.kubernetes.io/is-default-class';

/** An Ingress that names no class gets the default one. */
export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  handles: (target, operation) => operation === 'CREATE' && isWriteOf(target, INGRESSES),
  admit(request) {
    const ingress = incoming(request, INGRESSES);
    const spec = (ingress.spec ??= {});
    if (
      spec.ingressClassName !== undefined ||
      ingress.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined
    )
      return;
    const chosen = defaultClass(request.store, CLASSES, DEFAULT);
    if (chosen !== undefined) spec.ingressClassName = chosen;
  },
};
