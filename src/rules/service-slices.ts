import type { Endpoint, EndpointSlice } from '../../schema/types.ts';

/** Label by which an EndpointSlice names its Service. */
export const SERVICE_NAME = 'kubernetes.io/service-name';

/** `namespace/name` of the Service that a slice is of, as the values of an index. */
export const servicesOfSlice = ({ metadata }: EndpointSlice): readonly string[] => {
  const service = metadata.labels?.[SERVICE_NAME];
  return service ? [`${metadata.namespace}/${service}`] : [];
};

/** The endpoints of a slice. Go's clients write a list without any as null, and as that it is stored. */
export const endpointsOf = ({ endpoints }: { endpoints: readonly Endpoint[] | null }): readonly Endpoint[] =>
  endpoints ?? [];
