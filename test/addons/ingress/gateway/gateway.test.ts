import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ingress } from '../../../../src/addons/ingress/ingress.ts';
import { resolve } from '../../../../src/addons/ingress/gateway/resolve.ts';
import { World } from '../../../../src/addons/ingress/gateway/world.ts';
import { RouteTable } from '../../../../src/addons/ingress/route-table.ts';
import { runAddonLoops, type Running } from '../../../../src/addons/run.ts';
import { install } from '../../../../src/addons/install.ts';
import { createInformers, type Informers } from '../../../../src/client/informers.ts';
import { eventually } from '../../../nodes/support.ts';
import { FakeApi, type Manifest } from '../../../support/fake-api.ts';
import { CLUSTER, machineWith, uncertified } from '../../support.ts';

const GROUP = 'gateway.networking.k8s.io';
const VERSION = 'v1.3.0';

/** The published definitions, from the module proxy; nothing of them is kept here. */
function definitions(): Manifest[] | string {
  try {
    const said = execFileSync('go', ['mod', 'download', '-json', `sigs.k8s.io/gateway-api@${VERSION}`], {
      encoding: 'utf8',
      cwd: '/',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const folder = path.join((JSON.parse(said) as { Dir: string }).Dir, 'config/crd/standard');
    return readdirSync(folder).map((file) => parse(readFileSync(path.join(folder, file), 'utf8')) as Manifest);
  } catch {
    return `the module sigs.k8s.io/gateway-api ${VERSION} cannot be had here`;
  }
}
const found = definitions();

describe.skipIf(typeof found === 'string')(`Gateways${typeof found === 'string' ? `: ${found}` : ''}`, () => {
  let api: FakeApi;
  let loops: Running;
  let informers: Informers;
  let world: World;

  beforeAll(async () => {
    api = await FakeApi.open();
    for (const one of found as Manifest[]) await api.give(one);
    await install([...ingress.manifests(CLUSTER), ...ingress.roles], {
      client: api.client,
      manager: 'addon-ingress',
      clock: api.clock,
      log: () => undefined,
      signal: new AbortController().signal,
    });
    const all = {
      addons: [ingress],
      cluster: CLUSTER,
      client: api.client,
      clock: api.clock,
      random: () => 0.5,
      log: () => undefined,
      machine: machineWith(api.clock, ['192.0.2.7']),
      certify: uncertified,
    };
    const running = runAddonLoops(all);
    loops = running;
    await running.start();
    await eventually(async () => {
      await api.clock.advance(1000);
      return api.client.get(`gatewayclasses.${GROUP}`, '', 'ku7s').catch(() => undefined);
    });
    informers = createInformers(api.client, api.clock);
    world = new World(informers, () => undefined);
    informers.start();
    await api.client.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'b', labels: { open: 'yes' } },
    } as never);
    for (const [namespace, name] of [
      ['a', 'web'],
      ['a', 'canary'],
      ['b', 'far'],
      ['b', 'secretive'],
    ])
      await api.give({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace },
        spec: { ports: [{ port: 80 }] },
      } as Manifest);
    await api.give(
      of('Gateway', 'a', 'edge', {
        gatewayClassName: 'ku7s',
        listeners: [
          {
            name: 'http',
            port: 80,
            protocol: 'HTTP',
            hostname: '*.example',
            allowedRoutes: { namespaces: { from: 'Selector', selector: { matchLabels: { open: 'yes' } } } },
          },
          { name: 'own', port: 8080, protocol: 'HTTP' },
          { name: 'tls', port: 443, protocol: 'HTTPS', tls: { certificateRefs: [{ name: 'none' }] } },
          { name: 'low', port: 22, protocol: 'HTTP' },
          { name: 'tcp', port: 9000, protocol: 'TCP' },
        ],
      }),
      {
        ...of('ReferenceGrant', 'b', 'far', {
          from: [{ group: GROUP, kind: 'HTTPRoute', namespace: 'a' }],
          to: [{ group: '', kind: 'Service', name: 'far' }],
        }),
        apiVersion: `${GROUP}/v1beta1`,
      },
      of('HTTPRoute', 'a', 'main', {
        parentRefs: [{ name: 'edge', sectionName: 'own' }],
        hostnames: ['shop.example'],
        rules: [
          { backendRefs: [{ name: 'web', port: 80 }] },
          { matches: [{ path: { type: 'Exact', value: '/exact' } }], backendRefs: [{ name: 'web', port: 80 }] },
          {
            matches: [{ path: { type: 'RegularExpression', value: '/r[0-9]+' } }],
            backendRefs: [{ name: 'web', port: 80 }],
          },
          { matches: [{ headers: [{ name: 'X-Canary', value: 'yes' }] }], backendRefs: [{ name: 'canary', port: 80 }] },
          { matches: [{ queryParams: [{ name: 'v', value: '2' }] }], backendRefs: [{ name: 'canary', port: 80 }] },
          { matches: [{ method: 'DELETE' }], backendRefs: [{ name: 'canary', port: 80 }] },
          {
            matches: [{ path: { type: 'PathPrefix', value: '/far' } }],
            backendRefs: [
              { name: 'far', namespace: 'b', port: 80, weight: 3 },
              { name: 'secretive', namespace: 'b', port: 80 },
            ],
          },
          {
            matches: [{ path: { type: 'PathPrefix', value: '/old' } }],
            filters: [
              {
                type: 'RequestRedirect',
                requestRedirect: {
                  scheme: 'https',
                  statusCode: 301,
                  path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/new' },
                },
              },
            ],
          },
        ],
      }),
      of('HTTPRoute', 'b', 'by-selector', {
        parentRefs: [{ name: 'edge', namespace: 'a' }],
        rules: [{ backendRefs: [{ name: 'far', port: 80 }] }],
      }),
      of('HTTPRoute', 'a', 'elsewhere', { parentRefs: [{ name: 'edge', sectionName: 'http' }] }),
      of('HTTPRoute', 'b', 'no-host', {
        parentRefs: [{ name: 'edge', namespace: 'a', sectionName: 'http' }],
        hostnames: ['shop.test'],
      }),
      of('HTTPRoute', 'a', 'no-parent', { parentRefs: [{ name: 'edge', sectionName: 'other' }] }),
      of('HTTPRoute', 'a', 'extended', {
        parentRefs: [{ name: 'edge', sectionName: 'own' }],
        hostnames: ['x.example'],
        rules: [{ filters: [{ type: 'ExtensionRef', extensionRef: { group: 'x.example', kind: 'Y', name: 'z' } }] }],
      }),
      of('GRPCRoute', 'a', 'calls', {
        parentRefs: [{ name: 'edge', sectionName: 'own' }],
        hostnames: ['grpc.example'],
        rules: [
          { matches: [{ method: { service: 'pkg.Svc', method: 'Do' } }], backendRefs: [{ name: 'web', port: 80 }] },
        ],
      }),
    );
    await eventually(
      () =>
        world.list('gateways').length === 1 &&
        world.routes().length === 7 &&
        world.list('grants').length === 1 &&
        world.services.list().length >= 4,
    );
  });
  afterAll(async () => {
    world?.stop();
    await loops?.stop();
    await informers?.stop();
    await api?.close();
  });

  const of = (kind: string, namespace: string, name: string, spec: object): Manifest => ({
    apiVersion: `${GROUP}/v1`,
    kind,
    metadata: { name, namespace },
    spec,
  });
  const conditions = (list: { type: string; status: string; reason: string }[]) =>
    Object.fromEntries(list.map(({ type, status, reason }) => [type, `${status} ${reason}`]));
  /** What is written once all is said. */
  const written = async (resource: string, namespace: string, name: string) =>
    eventually(async () => {
      await api.clock.advance(1000);
      const one = (await api.client.get(resource, namespace, name)) as {
        status?: any;
        metadata: { generation?: number };
      };
      return (
        (one.status?.parents?.length ||
          one.status?.listeners?.some((each: { attachedRoutes: number }) => each.attachedRoutes > 1)) &&
        one.status
      );
    });

  it('have a class of this controller', async () => {
    const { spec, status } = await eventually(async () => {
      await api.clock.advance(1000);
      const one = (await api.client.get(`gatewayclasses.${GROUP}`, '', 'ku7s')) as { spec?: any; status?: any };
      return one.status?.conditions?.[0]?.reason === 'Accepted' && one;
    });
    expect(spec.controllerName).toBe('ku7s.io/gateway-controller');
    expect(conditions(status.conditions)).toEqual({ Accepted: 'True Accepted' });
  });

  it('say of each listener what has become of it', async () => {
    const { listeners } = await written(`gateways.${GROUP}`, 'a', 'edge');
    const said = Object.fromEntries(
      listeners.map((one: any) => [one.name, [one.attachedRoutes, conditions(one.conditions)]]),
    );
    const bad = { Programmed: 'False Invalid', Conflicted: 'False NoConflicts' };
    expect(said).toMatchObject({
      http: [1, { Accepted: 'True Accepted', ResolvedRefs: 'True ResolvedRefs', Programmed: 'True Programmed' }],
      own: [2, { Accepted: 'True Accepted', Programmed: 'False Pending' }],
      tls: [0, { ...bad, Accepted: 'True Accepted', ResolvedRefs: 'False InvalidCertificateRef' }],
      low: [0, { ...bad, Accepted: 'False PortUnavailable' }],
      tcp: [0, { ...bad, Accepted: 'False UnsupportedProtocol' }],
    });
  });

  it.each([
    ['a', 'main', 'True Accepted', 'False RefNotPermitted'],
    ['b', 'by-selector', 'True Accepted', 'True ResolvedRefs'],
    ['a', 'elsewhere', 'False NotAllowedByListeners', 'True ResolvedRefs'],
    ['b', 'no-host', 'False NoMatchingListenerHostname', 'True ResolvedRefs'],
    ['a', 'no-parent', 'False NoMatchingParent', 'True ResolvedRefs'],
    ['a', 'extended', 'False UnsupportedValue', 'True ResolvedRefs'],
  ])('say of the route %s/%s: %s, %s', async (namespace, name, Accepted, ResolvedRefs) => {
    const { parents } = await written(`httproutes.${GROUP}`, namespace, name);
    expect(parents.map((one: any) => conditions(one.conditions))).toEqual([{ Accepted, ResolvedRefs }]);
  });

  const find = (port: number, host: string, at: string, more: { method?: string; headers?: object } = {}) => {
    const [where = '', search] = at.split('?');
    const table = new RouteTable(resolve(world).ports.get(port)?.rules ?? []);
    return table.find({
      host,
      path: where,
      method: 'GET',
      headers: {},
      search: search ? `?${search}` : '',
      ...more,
    } as never)?.action;
  };
  it.each([
    ['/', {}, ['web']],
    ['/exact', {}, ['web']],
    ['/r12', {}, ['web']],
    ['/x', { headers: { 'x-canary': 'yes' } }, ['canary']],
    ['/x', { headers: { 'x-canary': 'no' } }, ['web']],
    ['/x?v=2', {}, ['canary']],
    ['/x', { method: 'DELETE' }, ['canary']],
    ['/exact', { method: 'DELETE' }, ['web']],
    ['/far/x', {}, ['far', 'secretive refused']],
  ])('lead %s with %j to %j', (at, more, expected) => {
    const action = find(8080, 'shop.example', at, more);
    const names =
      action?.kind === 'forward'
        ? action.backends.map(({ service, refusal }) => service + (refusal ? ' refused' : ''))
        : action?.kind;
    expect(names).toEqual(expected);
  });

  it('lead only through the listeners that have a route', () => {
    expect(find(8080, 'other.example', '/')).toBeUndefined();
    expect(find(80, 'shop.example', '/')).toMatchObject({ backends: [{ namespace: 'b', service: 'far' }] });
    expect(find(80, 'shop.test', '/')).toBeUndefined();
    expect(find(443, 'shop.example', '/')).toBeUndefined();
    expect(find(8080, 'x.example', '/')).toBeUndefined();
    expect(find(8080, 'shop.example', '/old/x')).toMatchObject({
      kind: 'redirect',
      redirect: { status: 301, scheme: 'https' },
    });
    expect(find(8080, 'grpc.example', '/pkg.Svc/Do', { method: 'POST' })).toMatchObject({
      backends: [{ protocol: 'h2c' }],
    });
    expect(find(8080, 'grpc.example', '/pkg.Svc/Other', { method: 'POST' })).toBeUndefined();
  });

  it.each([
    [
      'a filter twice',
      of('HTTPRoute', 'a', 'bad', {
        rules: [
          {
            filters: [
              { type: 'URLRewrite', urlRewrite: { hostname: 'a.example' } },
              { type: 'URLRewrite', urlRewrite: { hostname: 'b.example' } },
            ],
          },
        ],
      }),
    ],
    [
      'a path without a slash',
      of('HTTPRoute', 'a', 'bad', { rules: [{ matches: [{ path: { type: 'PathPrefix', value: 'x' } }] }] }),
    ],
    [
      'two listeners of one place',
      of('Gateway', 'a', 'bad', {
        gatewayClassName: 'ku7s',
        listeners: [
          { name: 'x', port: 80, protocol: 'HTTP' },
          { name: 'y', port: 80, protocol: 'HTTP' },
        ],
      }),
    ],
    [
      'HTTP with certificates',
      of('Gateway', 'a', 'bad', {
        gatewayClassName: 'ku7s',
        listeners: [{ name: 'x', port: 80, protocol: 'HTTP', tls: { certificateRefs: [{ name: 'y' }] } }],
      }),
    ],
  ])('with %s are refused by the expressions of their definition', async (_, manifest) => {
    await expect(api.give(manifest)).rejects.toMatchObject({ code: 422 });
  });
});
