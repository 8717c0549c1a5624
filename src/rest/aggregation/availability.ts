import type { APIServiceCondition } from '../../../schema/types.ts';
import type { Api } from '../../api/contract.ts';
import { objectAs } from '../../api/object-as.ts';
import { SERVICE_NAME } from '../../rules/service-slices.ts';
import type { RemoteSpec } from './locate.ts';

const SLICES = 'endpointslices.discovery.k8s.io';

export type Availability = Pick<APIServiceCondition, 'status' | 'reason' | 'message'>;

export const AVAILABLE: Availability = { status: 'True', reason: 'Passed', message: 'all checks passed' };
export const failedCheck = (message: string): Availability => ({
  status: 'False',
  reason: 'FailedDiscoveryCheck',
  message,
});

/**
 * Why an API server beside this one cannot be asked, by its Service and endpoints; undefined where it can be. Source: the
 * reasons of the Available condition in k8s.io/kube-aggregator.
 */
export function whyUnreachable({ store }: Api, { service: { namespace, name, port = 443 } }: RemoteSpec) {
  const no = (reason: string, message: string): Availability => ({ status: 'False', reason, message });
  const stored = store.get({ resource: 'services', namespace, name });
  if (!stored) return no('ServiceNotFound', `service/${name} in ${JSON.stringify(namespace)} is not present`);
  const { spec } = objectAs('services', stored);
  if (spec?.type === 'ExternalName') return undefined;
  const wanted = spec?.ports?.find((each) => each.port === port);
  if (!wanted) {
    const message = `service/${name} in ${JSON.stringify(namespace)} is not listening on port ${port}`;
    return no('ServicePortError', message);
  }
  const slices = store
    .list({ resource: SLICES, namespace })
    .items.filter(({ labels }) => labels?.[SERVICE_NAME] === name)
    .map((each) => objectAs(SLICES, each));
  if (slices.length === 0)
    return no('EndpointsNotFound', `cannot find endpointslices for service/${name} in ${JSON.stringify(namespace)}`);
  const ready = slices.some(
    ({ endpoints, ports }) =>
      ports?.some((each) => (each.name ?? '') === (wanted.name ?? '')) &&
      endpoints?.some(({ conditions }) => conditions?.ready !== false),
  );
  return ready
    ? undefined
    : no(
        'MissingEndpoints',
        `endpointslices for service/${name} in ${JSON.stringify(namespace)} have no addresses with port name "${wanted.name ?? ''}"`,
      );
}
