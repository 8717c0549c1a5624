import type { APIService } from '../../../schema/types.ts';
import { NAMESPACE, type Addon, type Manifest } from '../addon.ts';
import { aggregatedPlace, apiServiceOf } from '../aggregated-manifests.ts';

export const SERVICE = 'custom-metrics';
export const ACCOUNT = SERVICE;
export const RULES = 'custom-metrics-rules';
export const CUSTOM = 'custom.metrics.k8s.io';
export const EXTERNAL = 'external.metrics.k8s.io';
/** by group, the preferred one first */
export const VERSIONS: Readonly<Record<string, readonly string[]>> = {
  [CUSTOM]: ['v1beta2', 'v1beta1'],
  [EXTERNAL]: ['v1beta1'],
};

/** What is done with the series of pods where nobody says otherwise. */
const DEFAULT_RULES = `# The first rule that takes a series counts. See docs/addons.md.
rules:
- series: .+_total
  withoutSuffix: _total
  as: '*_per_second'
  over: rate
  window: 1m
- series: .+_(bucket|sum|count|created)
  drop: true
- series: .+
`;

/** The rules are whoever's changes them. */
export const manifests: Addon['manifests'] = () => [
  ...aggregatedPlace(SERVICE),
  {
    resource: 'configmaps',
    once: true,
    object: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: RULES, namespace: NAMESPACE, labels: { 'k8s-app': SERVICE } },
      data: { 'rules.yaml': DEFAULT_RULES },
    },
  },
];

/** The APIs, of the server that shows this certificate; each only where it is not somebody else's. @param cert PEM */
export const apiServices = (cert: string): Manifest[] =>
  Object.entries(VERSIONS).flatMap(([group, versions]) =>
    versions.map((version, i): Manifest => ({
      ...apiServiceOf({ name: SERVICE, group, version, versionPriority: 100 * (versions.length - i), cert }),
      isOthers: ({ spec }: APIService) => spec?.service?.name !== SERVICE || spec.service.namespace !== NAMESPACE,
    })),
  );
