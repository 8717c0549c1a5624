import { ApiDocuments } from '../openapi/api-documents.ts';
import {
  atomicListOf,
  kindOf,
  listKindOf,
  mapOf,
  META,
  NAME,
  object,
  OBJECT_META,
  partOf,
  QUANTITY,
  refTo,
} from '../openapi/meta-types.ts';
import { GROUP, VERSION } from './manifests.ts';

const OWN = 'io.k8s.metrics.pkg.apis.metrics.v1beta1';
const gvk = (kind: string) => ({ group: GROUP, version: VERSION, kind });

const USAGE = {
  description: 'Processors and bytes of memory in use, by the name of the resource.',
  ...mapOf(refTo(QUANTITY)),
};
const OVER = {
  timestamp: { description: 'The end of the time that was measured.', ...refTo(`${META}.Time`) },
  window: { description: 'How long that time was.', ...refTo(`${META}.Duration`) },
};
const NODE = kindOf(gvk('NodeMetrics'), 'What a node uses.', { metadata: OBJECT_META, ...OVER, usage: USAGE }, [
  'timestamp',
  'window',
  'usage',
]);
const POD = kindOf(
  gvk('PodMetrics'),
  'What the containers of a pod use.',
  { metadata: OBJECT_META, ...OVER, containers: atomicListOf(partOf(`${OWN}.ContainerMetrics`)) },
  ['timestamp', 'window', 'containers'],
);

/** metrics.k8s.io/v1beta1 as OpenAPI, with the names of the published metrics-server. */
export const documents = new ApiDocuments('Kubernetes metrics-server', [
  {
    group: GROUP,
    version: VERSION,
    types: {
      [`${OWN}.ContainerMetrics`]: object({ name: NAME, usage: USAGE }, ['name', 'usage'], {
        description: 'What a container uses.',
      }),
      [`${OWN}.NodeMetrics`]: NODE,
      [`${OWN}.NodeMetricsList`]: listKindOf(gvk('NodeMetricsList'), `${OWN}.NodeMetrics`, 'NodeMetrics'),
      [`${OWN}.PodMetrics`]: POD,
      [`${OWN}.PodMetricsList`]: listKindOf(gvk('PodMetricsList'), `${OWN}.PodMetrics`, 'PodMetrics'),
    },
    operations: [
      { path: '/namespaces/{namespace}/pods', action: 'list', kind: 'PodMetrics', answers: `${OWN}.PodMetricsList` },
      { path: '/namespaces/{namespace}/pods/{name}', action: 'get', kind: 'PodMetrics', answers: `${OWN}.PodMetrics` },
      { path: '/nodes', action: 'list', kind: 'NodeMetrics', answers: `${OWN}.NodeMetricsList` },
      { path: '/nodes/{name}', action: 'get', kind: 'NodeMetrics', answers: `${OWN}.NodeMetrics` },
      {
        path: '/pods',
        action: 'list',
        kind: 'PodMetrics',
        answers: `${OWN}.PodMetricsList`,
        suffix: 'ForAllNamespaces',
      },
    ],
  },
]);
