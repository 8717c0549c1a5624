import { afterAll, beforeAll, expect, it } from 'vitest';
import { NodeAuthorizer } from '../../../src/api/authorization/node-authorizer.ts';
import { parseGroupResource } from '../../../src/meta/gvk.ts';
import { termsOf } from '../../../src/meta/fields.ts';
import { pod, TestApi } from '../support.ts';

let t: TestApi;
let authorizer: NodeAuthorizer;
beforeAll(async () => {
  t = await TestApi.open();
  authorizer = new NodeAuthorizer(t.api.store);
  for (const nodeName of ['n1', 'n2']) {
    const volumes = [{ name: 's', secret: { secretName: `${nodeName}-s` } }];
    const resourceClaims = [{ name: 'r', resourceClaimName: `${nodeName}-r` }];
    await t.create('pods', pod(`of-${nodeName}`, { nodeName, volumes, resourceClaims }));
    const source = { persistentVolumeName: 'v' };
    const attached = { metadata: { name: `${nodeName}-a` }, spec: { attacher: 'd', nodeName, source } };
    await t.create('volumeattachments.storage.k8s.io', attached, '');
    const pool = { name: nodeName, resourceSliceCount: 1 };
    const slice = {
      metadata: { name: `${nodeName}-slice` },
      spec: { driver: 'd.example', nodeName, pool, devices: [{ name: 'd' }] },
    };
    await t.create('resourceslices.resource.k8s.io', slice, '');
  }
});
afterAll(async () => {
  authorizer.close();
  await t.close();
});

const ALL = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
const SLICES = 'resourceslices.resource.k8s.io';
const LEASES = 'leases.coordination.k8s.io';

/** What the node n1 may, of all verbs; as kube-apiserver 1.35.4 answers with the same objects. */
it.each<[path: string, namespace: string, name: string, fieldSelector: string, allowed: string[]]>([
  ['secrets', 't', 'n1-s', '', ['get', 'list', 'watch']],
  ['secrets', 't', 'n2-s', '', []],
  ['secrets', 'o', 'n1-s', '', []],
  ['secrets', '', 'n1-s', '', []],
  ['secrets', 't', '', '', []],
  ['secrets', 't', '', 'spec.nodeName=n1', []],
  ['configmaps', 't', 'kube-root-ca.crt', '', ['get', 'list', 'watch']],
  ['serviceaccounts', 't', 'default', '', ['get']],
  ['serviceaccounts/token', 't', 'default', '', ['create']],
  ['serviceaccounts/token', 't', 'other', '', []],
  ['serviceaccounts/token', 't', '', '', []],
  ['resourceclaims.resource.k8s.io', 't', 'n1-r', '', ['get']],
  ['resourceclaims.resource.k8s.io', 't', 'n2-r', '', []],
  ['volumeattachments.storage.k8s.io', '', 'n1-a', '', ['get']],
  ['volumeattachments.storage.k8s.io', '', 'n2-a', '', []],
  ['volumeattachments.storage.k8s.io', 't', 'n1-a', '', []],
  ['persistentvolumeclaims', 't', 'none', '', []],
  ['persistentvolumeclaims/status', 't', 'none', '', []],
  ['persistentvolumes', '', 'none', '', []],
  [LEASES, 'kube-node-lease', 'n1', '', ['get', 'create', 'update', 'patch', 'delete']],
  [LEASES, 'kube-node-lease', 'n2', '', ['create']],
  [LEASES, 't', 'n1', '', []],
  ['csinodes.storage.k8s.io', '', 'n1', '', ['get', 'create', 'update', 'patch', 'delete']],
  ['csinodes.storage.k8s.io', '', 'n2', '', ['create']],
  [SLICES, '', 'n1-slice', '', ['get', 'create', 'update', 'patch', 'delete']],
  [SLICES, '', 'n2-slice', '', ['create']],
  [SLICES, '', '', 'spec.nodeName=n1', ['list', 'watch', 'create', 'deletecollection']],
  [SLICES, '', '', 'spec.nodeName!=n1', ['create']],
  ['nodes', '', 'n1', '', ['get', 'list', 'watch', 'create', 'update', 'patch']],
  ['nodes', '', 'n2', '', ['create', 'update', 'patch']],
  ['nodes', '', '', '', ['create', 'update', 'patch']],
  ['nodes/status', '', 'n2', '', ['update', 'patch']],
  ['nodes/proxy', '', 'n1', '', []],
  ['pods', 't', 'of-n1', '', ['get', 'list', 'watch', 'create', 'delete']],
  ['pods', 't', 'of-n2', '', ['create', 'delete']],
  ['pods', '', '', 'spec.nodeName=n1', ['list', 'watch', 'create', 'delete']],
  ['pods', '', '', 'spec.nodeName==n1,status.phase=Running', ['list', 'watch', 'create', 'delete']],
  ['pods', '', '', 'spec.nodeName=n2', ['create', 'delete']],
  ['pods', '', '', 'spec.nodeName=n1,a=\\b', ['create', 'delete']],
  ['pods', '', '', 'spec.host=n1', ['create', 'delete']],
  ['pods/status', 't', 'of-n2', '', ['update', 'patch']],
  ['pods/eviction', 't', 'of-n2', '', ['create']],
  ...['exec', 'log', 'binding', 'resize', 'ephemeralcontainers'].map(
    (part): [string, string, string, string, string[]] => [`pods/${part}`, 't', 'of-n1', '', []],
  ),
  ['services', '', '', '', ['get', 'list', 'watch']],
  ['events', 't', 'e', '', ['create', 'update', 'patch']],
  ['certificatesigningrequests.certificates.k8s.io', '', 'c', '', ['get', 'list', 'watch', 'create']],
  ['certificatesigningrequests.certificates.k8s.io/approval', '', 'c', '', []],
  ['endpointslices.discovery.k8s.io', '', '', '', []],
  ['deployments.apps', 't', 'd', '', []],
])('of %s in %j, %j, selected by %j', (path, namespace, name, fieldSelector, allowed) => {
  const [key = '', subresource = ''] = path.split('/');
  const { group, resource } = parseGroupResource(key);
  const asked = { group, resource, subresource, namespace, name };
  const selector = fieldSelector ? { fieldSelector: termsOf(fieldSelector) } : {};
  const may = (node: string): string[] =>
    ALL.filter((verb) => authorizer.decide(node, { verb, ...asked, ...selector }).allowed);
  expect(may('n1')).toEqual(allowed);
  // who does not say which node it is may nothing
  expect(may('')).toEqual([]);
});
