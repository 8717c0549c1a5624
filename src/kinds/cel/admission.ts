import { listOf, mapOf, objectOf, type CelType } from './types.ts';

const TIME = 'timestamp';
const kind = objectOf('kubernetes.GroupVersionKind', { group: 'string', version: 'string', kind: 'string' });
const resource = objectOf('kubernetes.GroupVersionResource', {
  group: 'string',
  version: 'string',
  resource: 'string',
});
const labels = mapOf('string', 'string');

const request = objectOf('kubernetes.AdmissionRequest', {
  kind,
  resource,
  subResource: 'string',
  requestKind: kind,
  requestResource: resource,
  requestSubResource: 'string',
  name: 'string',
  namespace: 'string',
  operation: 'string',
  userInfo: objectOf('kubernetes.UserInfo', {
    username: 'string',
    uid: 'string',
    groups: listOf('string'),
    extra: mapOf('string', listOf('string')),
  }),
  dryRun: 'bool',
  options: 'dyn',
});

const namespaceObject = objectOf('kubernetes.Namespace', {
  metadata: objectOf('kubernetes.NamespaceMetadata', {
    name: 'string',
    generateName: 'string',
    namespace: 'string',
    labels,
    annotations: labels,
    UID: 'string',
    creationTimestamp: TIME,
    deletionGracePeriodSeconds: 'int',
    deletionTimestamp: TIME,
    generation: 'int',
    resourceVersion: 'string',
    finalizers: listOf('string'),
  }),
  spec: objectOf('kubernetes.NamespaceSpec', { finalizers: listOf('string') }),
  status: objectOf('kubernetes.NamespaceStatus', { phase: 'string' }),
});

/** What expressions of webhooks and policies know, besides `params`, `variables` and `authorizer`, which not all have. */
export const admissionVariables: Readonly<Record<string, CelType>> = {
  object: 'dyn',
  oldObject: 'dyn',
  request,
  namespaceObject,
};
