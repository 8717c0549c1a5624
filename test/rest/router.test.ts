import { describe, expect, it } from 'vitest';
import { routeOf } from '../../src/rest/router.ts';

const resource = (path: string) => {
  const route = routeOf(path);
  if (route.type !== 'resource') throw new Error(`${path} is ${route.type}`);
  const { group, version, namespace, resource: name, name: object, subresource, rest, watch, excess } = route.path;
  return [
    group,
    version,
    namespace,
    name,
    object,
    subresource,
    rest,
    ...(watch ? ['watch'] : []),
    ...(excess ? ['excess'] : []),
  ];
};

describe('router', () => {
  it.each([
    ['/api/v1/pods', ['', 'v1', '', 'pods', '', '', '']],
    ['/api/v1/namespaces/a/pods/b', ['', 'v1', 'a', 'pods', 'b', '', '']],
    ['/api/v1/namespaces/a/pods/b/status/', ['', 'v1', 'a', 'pods', 'b', 'status', '']],
    ['/api/v1/namespaces/a', ['', 'v1', '', 'namespaces', 'a', '', '']],
    ['/api/v1/namespaces/a/status', ['', 'v1', '', 'namespaces', 'a', 'status', '']],
    ['/api/v1/namespaces/a/finalize', ['', 'v1', '', 'namespaces', 'a', 'finalize', '']],
    ['/api/v1/namespaces/a/status/b', ['', 'v1', 'a', 'status', 'b', '', '']],
    ['/api/v1/watch/namespaces/a/pods', ['', 'v1', 'a', 'pods', '', '', '', 'watch']],
    ['/apis/apps/v1/watch/deployments', ['apps', 'v1', '', 'deployments', '', '', '', 'watch']],
    ['/apis/apps/v1/namespaces/a/deployments/d/scale', ['apps', 'v1', 'a', 'deployments', 'd', 'scale', '']],
    ['/api/v1/namespaces/a/services/s:80/proxy/x/y', ['', 'v1', 'a', 'services', 's:80', 'proxy', '/x/y']],
    ['/api/v1/namespaces/a/services/s:80/proxy/x/y/', ['', 'v1', 'a', 'services', 's:80', 'proxy', '/x/y/']],
    ['/api/v1/namespaces/a/services/s:80/proxy/', ['', 'v1', 'a', 'services', 's:80', 'proxy', '']],
    ['/api/v1/pods/x/y/z', ['', 'v1', '', 'pods', 'x', 'y', '', 'excess']],
    [
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
      ['rbac.authorization.k8s.io', 'v1', '', 'clusterroles', 'system:node', '', ''],
    ],
  ])('%s', (path, expected) => {
    expect(resource(path)).toEqual(expected);
  });

  it.each([
    ['/api', { type: 'discovery', legacy: true, group: '', version: '' }],
    ['/api/', { type: 'discovery', legacy: true, group: '', version: '' }],
    ['/api/v1', { type: 'discovery', legacy: true, group: '', version: 'v1' }],
    ['/apis/apps', { type: 'discovery', legacy: false, group: 'apps', version: '' }],
    ['/apis/apps/v1/', { type: 'discovery', legacy: false, group: 'apps', version: 'v1' }],
    ['/version', { type: 'other', path: '/version' }],
    ['/apifoo/v1/pods', { type: 'other', path: '/apifoo/v1/pods' }],
  ])('%s is no resource', (path, expected) => {
    expect(routeOf(path)).toEqual(expected);
  });
});
