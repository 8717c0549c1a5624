import type { Ingress, IngressClass } from '../../../schema/types.ts';
import type { Backend } from './route.ts';

/** What an IngressClass names as its controller when its Ingresses are this add-on's. */
export const CONTROLLER = 'ku7s.io/ingress-controller';
/** On an IngressClass, `namespace/service:port`: who answers what no Ingress of the class has asked for. */
const DEFAULT_BACKEND = 'ingress.ku7s.io/default-backend';
/** The older way to name a class. */
const OLD_CLASS = 'kubernetes.io/ingress.class';

/** Name of the class of an Ingress; the annotation counts only where the field is not. */
export const classOf = ({ metadata, spec }: Ingress): string | undefined =>
  spec?.ingressClassName ?? metadata.annotations?.[OLD_CLASS];

/** Whether an Ingress is this add-on's. */
export function isOurs(ingress: Ingress, classes: { get(namespace: string, name: string): IngressClass | undefined }) {
  const name = classOf(ingress);
  return name !== undefined && classes.get('', name)?.spec?.controller === CONTROLLER;
}

/** Undefined where the class has none, or says it in no form that can be read. */
export function defaultBackendOf({ metadata }: IngressClass): Backend | undefined {
  const match = /^([^/]+)\/([^/:]+):([^/:]+)$/.exec(metadata.annotations?.[DEFAULT_BACKEND] ?? '');
  if (!match) return undefined;
  const [, namespace = '', service = '', port = ''] = match;
  return { namespace, service, port: /^\d+$/.test(port) ? Number(port) : port, weight: 1 };
}
