import type { Ingress, IngressClass } from '../../../schema/types.ts';
import type { Informer } from '../../client/contract.ts';
import type { SecretName } from './certificates.ts';
import { CONTROLLER, isOurs } from './ingress-class.ts';
import { defaultRouteOf, routesOf } from './ingress-routes.ts';
import type { Route } from './route.ts';

/** What stands on a port: routes, those for what is left over, and certificates by host. */
export interface Ways {
  rules: Route[];
  defaults: Route[];
  certificates: Map<string, SecretName>;
}

/** All that the Ingresses of this controller open, on http and https alike. */
export function waysOfIngresses(ingresses: Informer<Ingress>, classes: Informer<IngressClass>): Ways {
  const ways: Ways = { rules: [], defaults: [], certificates: new Map() };
  const ours = ingresses.list().filter((ingress) => isOurs(ingress, classes));
  ours.sort(byAge);
  for (const ingress of ours) {
    const { rules, defaults } = routesOf(ingress);
    ways.rules.push(...rules);
    ways.defaults.push(...defaults);
    for (const [host, secret] of certificatesOf(ingress))
      if (!ways.certificates.has(host)) ways.certificates.set(host, secret);
  }
  for (const ingressClass of classes.list()) {
    const route = ingressClass.spec?.controller === CONTROLLER ? defaultRouteOf(ingressClass) : undefined;
    if (route) ways.defaults.push(route);
  }
  return ways;
}

/** The Secret of each host. One that is said without hosts is for all that the Ingress has rules for. */
export function* certificatesOf({ metadata, spec }: Ingress): Iterable<[host: string, secret: SecretName]> {
  for (const { hosts = [], secretName: name } of spec?.tls ?? []) {
    if (!name) continue;
    const meant = hosts.length ? hosts : (spec?.rules ?? []).flatMap(({ host }) => host ?? []);
    for (const host of meant) yield [host.toLowerCase(), { namespace: metadata.namespace ?? '', name }];
  }
}

const byAge = ({ metadata: a }: Ingress, { metadata: b }: Ingress): number =>
  compare(a.creationTimestamp ?? '', b.creationTimestamp ?? '') ||
  compare(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`);
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
