/**
 * Served built-in versions that Kubernetes has declared deprecated, by `group/version/resource`, with the words of the
 * warning (the types' `prerelease-lifecycle-gen` marks).
 */
export const deprecations: Readonly<Record<string, string>> = {
  '/v1/componentstatuses': 'v1 ComponentStatus is deprecated in v1.19+',
  '/v1/endpoints': 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
};
