import type { HTTPIngressPath, Ingress, IngressBackend, IngressClass } from '../../../schema/types.ts';
import { quantityValue } from '../../meta/quantity.ts';
import { defaultBackendOf } from './ingress-class.ts';
import { LIMITS, type Action, type Limits, type PathMatch, type Rank, type Route } from './route.ts';

/** Annotations of an Ingress that this controller knows. */
export const ANNOTATIONS = {
  /** `"true"`: http is answered with a redirect to https */
  sslRedirect: 'ingress.ku7s.io/ssl-redirect',
  /** seconds between two bytes from the backend */
  readTimeout: 'ingress.ku7s.io/read-timeout-seconds',
  /** of a request's body, a quantity of bytes */
  maxBody: 'ingress.ku7s.io/max-body-size',
} as const;

export interface IngressRoutes {
  rules: readonly Route[];
  /** for what no rule of any Ingress has asked for */
  defaults: readonly Route[];
}

/** The ways in that an Ingress opens. */
export function routesOf(ingress: Ingress): IngressRoutes {
  const { spec = {} } = ingress;
  const rank = rankOf(ingress);
  const actionOf = actionsOf(ingress);
  const rules: Route[] = [];
  for (const { host = '', http } of spec.rules ?? []) {
    for (const path of http?.paths ?? []) {
      const action = actionOf(path.backend);
      rules.push({ host: host.toLowerCase(), wildcard: 'label', path: pathOf(path), action, rank: rank() });
    }
  }
  const { defaultBackend } = spec;
  if (!defaultBackend) return { rules, defaults: [] };
  const hosts = spec.rules?.length ? new Set(spec.rules.map(({ host = '' }) => host.toLowerCase())) : [''];
  const action = actionOf(defaultBackend);
  return { rules, defaults: [...hosts].map((host) => ({ ...everything(host), action, rank: rank() })) };
}

/** What is left over goes to the class' own backend, where it names one. */
export function defaultRouteOf(ingressClass: IngressClass): Route | undefined {
  const backend = defaultBackendOf(ingressClass);
  if (!backend) return undefined;
  const { creationTimestamp = '', name } = ingressClass.metadata;
  const action: Action = { kind: 'forward', backends: [backend], filters: {}, limits: LIMITS };
  // after those of Ingresses, which are older than any time that ends with this
  return { ...everything(''), action, rank: { created: `~${creationTimestamp}`, name, index: 0 } };
}

const everything = (host: string): Pick<Route, 'host' | 'wildcard' | 'path'> => ({
  host,
  wildcard: 'label',
  path: { type: 'Prefix', value: '/' },
});

function rankOf({ metadata }: Ingress): () => Rank {
  const { creationTimestamp = '', namespace, name } = metadata;
  let index = 0;
  return () => ({ created: creationTimestamp, name: `${namespace}/${name}`, index: index++ });
}

/** ImplementationSpecific is Prefix here. */
const pathOf = ({ path = '/', pathType }: HTTPIngressPath): PathMatch => ({
  type: pathType === 'Exact' ? 'Exact' : 'Prefix',
  value: path,
});

function actionsOf(ingress: Ingress): (backend: IngressBackend) => Action {
  const { namespace = '', annotations = {} } = ingress.metadata;
  const limits = limitsOf(annotations);
  const onlyTls = annotations[ANNOTATIONS.sslRedirect] === 'true';
  return ({ service }) => {
    if (!service) return { kind: 'refuse', status: 503, reason: 'resource backends are not supported' };
    const port = service.port?.number ?? service.port?.name ?? '';
    const backends = [{ namespace, service: service.name, port, weight: 1 }];
    return { kind: 'forward', backends, filters: {}, limits, onlyTls };
  };
}

/** Longest that a backend may be silent, s: a day. */
const MAX_READ_TIMEOUT = 86_400;

function limitsOf(annotations: Readonly<Record<string, string>>): Limits {
  const seconds = Number(annotations[ANNOTATIONS.readTimeout]);
  const bytes = annotations[ANNOTATIONS.maxBody];
  return {
    ...LIMITS,
    ...(seconds > 0 && seconds <= MAX_READ_TIMEOUT && { idleMs: seconds * 1000 }),
    ...(bytes && { maxBody: bytesOf(bytes) }),
  };
}

/** 0, which is no bound, for what is no quantity. */
function bytesOf(text: string): number {
  try {
    return Math.max(0, quantityValue(text));
  } catch {
    return 0;
  }
}
