import path from 'node:path';
import { limitOptions } from '../../src/start/limit-options.ts';
import { describe, expect, test } from 'vitest';
import { ADDON_NAMES } from '../../src/addons/names.ts';
import { AUTOSCALER_DEFAULTS } from '../../src/addons/cloud/node-group-settings.ts';
import { encryptionSettings } from '../../src/start/encryption/encryption-options.ts';
import { cloudSettings, parseNodeGroups } from '../../src/start/cloud-options.ts';
import { parseAddons, parseNodes, parseOptions, ROLES, USAGE } from '../../src/start/options.ts';
import { servingSettings } from '../../src/start/serving-options.ts';
import { StartError } from '../../src/start/start-error.ts';

const ALL: readonly string[] = ADDON_NAMES;
/** those that need not be named */
const USUAL = ALL.filter((name) => name !== 'custom-metrics');

describe('--addons', () => {
  test.each([
    [undefined, USUAL],
    ['dns', ['dns']],
    ['dns,dns', ['dns']],
    ['none', []],
    ['', []],
  ])('%j', (text, names) => {
    expect(parseAddons(text)).toEqual(names);
  });

  test.each(['dsn', 'dns,none', 'toString'])('%s is refused with those that there are', (text) => {
    expect(() => parseAddons(text)).toThrow(
      new RegExp(`^--addons: there is no add-on .*; the add-ons are ${ALL.join(', ')}$`),
    );
  });

  test('is told by --help, and read from the command line', () => {
    expect(USAGE).toMatch(/--addons LIST +of ([\w-]+,)*dns/);
    expect(parseOptions(['--addons', 'none'], {}, '1')).toMatchObject({ addons: [] });
    expect(parseOptions([], {}, '1')).toMatchObject({ addons: USUAL });
  });
});

describe('--nodes', () => {
  test.each([
    ['process:1', [{ runtime: 'process', count: 1 }]],
    ['process', [{ runtime: 'process', count: 1 }]],
    ['containerd:1', [{ runtime: 'containerd', count: 1 }]],
    ['simulated:3', [{ runtime: 'simulated', count: 3, cpu: '32', memory: '64Gi', pods: 110, zones: 1, failures: 0 }]],
    [
      'process:1+simulated:2,cpu=4,zones=3',
      [
        { runtime: 'process', count: 1 },
        { runtime: 'simulated', count: 2, cpu: '4', memory: '64Gi', pods: 110, zones: 3, failures: 0 },
      ],
    ],
  ])('%s', (text, nodes) => {
    expect(parseNodes(text)).toEqual(nodes);
  });

  test.each([
    ['process:2', 'a machine holds one process node'],
    ['containerd:2', 'a machine holds one containerd node'],
    ['docker:1', 'runtimes are process, containerd and simulated'],
    ['simulated:many', 'many is not a number of nodes'],
    ['simulated:1,disk=3', 'unknown setting disk=3'],
    ['simulated:1,constructor=3', 'unknown setting constructor=3'],
    ['process:1,cpu=3', 'unknown setting cpu=3'],
  ])('%s is refused: %s', (text, why) => {
    expect(() => parseNodes(text)).toThrow(why);
    expect(() => parseNodes(text)).toThrow(StartError);
  });
});

describe('the command line', () => {
  const parse = (argv: string[], env: NodeJS.ProcessEnv = {}) => parseOptions(argv, env, '1.2.3');

  test.each([
    [['--ingress-address', 'here'], '--ingress-address: here is not an IP address'],
    [['--ingress-http-port', '70000'], '--ingress-http-port: 70000 is not a port'],
    [['--ingress-https-port', '-1'], '--ingress-https-port'],
  ])('%j is refused: %s', (argv, message) => {
    expect(() => parseOptions(argv, {}, '1')).toThrow(message);
  });

  test('has a value for everything', () => {
    expect(parse([])).toEqual({
      roles: new Set(ROLES),
      limits: limitOptions({}),
      ...servingSettings({}),
      admissionPlugins: { enable: [], disable: [] },
      podsOnStop: 'end',
      data: path.resolve('.ku7s'),
      securePort: 6443,
      loopsPort: undefined,
      nodePortRange: [30_000, 32_767],
      bindAddress: '127.0.0.1',
      server: undefined,
      kubeconfig: path.resolve('.ku7s/kubeconfig'),
      databaseUrl: undefined,
      history: {
        history: { ms: 7 * 86_400_000, bytes: 2 ** 30 },
        resources: {
          events: { ms: 0 },
          'leases.coordination.k8s.io': { ms: 0 },
          nodes: { ms: 86_400_000 },
        },
      },
      graphql: { documents: { registered: new Map(), only: false }, ahead: true },
      encryption: encryptionSettings({}, path.resolve('.ku7s')),
      nodes: [{ runtime: 'process', count: 1 }],
      nodeName: undefined,
      images: { source: 'auto' },
      nodeIP: undefined,
      nodeLimits: {
        maxPods: 110,
        allowedUnsafeSysctls: [],
        manifestPath: undefined,
        shutdown: { total: 0, critical: 0 },
      },
      serviceProxy: 'auto',
      addons: USUAL,
      ingress: { address: undefined, httpPort: undefined, httpsPort: undefined, accessLog: false },
      loadBalancerRange: '127.64.0.0/24',
      nodeGroups: { groups: [], autoscaler: AUTOSCALER_DEFAULTS },
      staticTokens: undefined,
      authentication: { jwt: [], algorithms: ['RS256'], anonymous: { enabled: true } },
      serviceCidr: '10.96.0.0/16',
      logs: { retention: { ms: 7 * 86_400_000, bytes: 2 ** 30 }, events: true, audit: false, otlpEndpoint: undefined },
      logging: { format: 'text', verbosity: 0 },
      nodeCidrs: undefined,
      optionalVersions: [],
      profiling: false,
      tracing: undefined,
      audit: {
        policyFile: undefined,
        logPath: path.resolve('.ku7s/audit/audit.log'),
        maxSize: 20 * 1024 * 1024,
        maxAge: 0,
        maxBackups: 5,
        compress: false,
        webhookConfigFile: undefined,
        webhook: { bufferSize: 10_000, maxBatchSize: 400, maxBatchWait: 30_000, initialBackoff: 10_000 },
      },
    });
  });

  test.each<[string[], NodeJS.ProcessEnv, object]>([
    [['--roles', 'api,nodes'], {}, { roles: new Set(['api', 'nodes']) }],
    [['--roles', 'nodes', '--server', 'https://x:1'], {}, { roles: new Set(['nodes']), server: 'https://x:1' }],
    [['--data', '/d'], { KU7S_DATA: '/e' }, { data: '/d', kubeconfig: '/d/kubeconfig' }],
    [[], { KU7S_DATA: '/e', DATABASE_URL: 'postgres://x' }, { data: '/e', databaseUrl: 'postgres://x' }],
    [['--secure-port', '0'], {}, { securePort: 0 }],
    [['--bind-address', '0.0.0.0'], {}, { bindAddress: '0.0.0.0' }],
    [['--kubeconfig', '/k'], {}, { kubeconfig: '/k' }],
    [['--node-name', 'n1'], {}, { nodeName: 'n1' }],
    [['--images', '/tmp', '--image-source', 'registry'], {}, { images: { folder: '/tmp', source: 'registry' } }],
    [['--service-cluster-ip-range', '10.0.0.0/24'], {}, { serviceCidr: '10.0.0.0/24' }],
    [['--secure-port', '7000'], {}, { securePort: 7000, loopsPort: 7000 }],
    [[], {}, { securePort: 6443, loopsPort: undefined }],
    [[], {}, { nodePortRange: [30_000, 32_767] }],
    [['--service-node-port-range', '20000-20100'], {}, { nodePortRange: [20_000, 20_100] }],
    [['--service-node-port-range', '20000+100'], {}, { nodePortRange: [20_000, 20_100] }],
  ])('%j with %j', (argv, env, expected) => {
    expect(parse(argv, env)).toMatchObject(expected);
  });

  test.each([
    [['--roles', 'api,cook'], 'there is no role cook; the roles are api, controllers, scheduler, nodes'],
    [['--server', 'https://x'], '--server is for roles that run without api'],
    [['--roles', 'nodes'], '--roles without api needs --server URL'],
    [['--secure-port', '70000'], '--secure-port: 70000 is not a port'],
    [['--secure-port', 'x'], '--secure-port: x is not a port'],
    [['--service-cluster-ip-range', '10.96.0.0/16,fd00::/108'], 'Services have addresses of one family here'],
    [['--service-cluster-ip-range', 'fd00::/108'], 'fd00::/108 is not an IPv4 range'],
    [['--service-cluster-ip-range', '10.0.0.0/30'], 'is not an IPv4 range of at least eight addresses'],
    [['--service-node-port-range', '30000'], '--service-node-port-range: 30000 is not a range of ports'],
    [['--service-node-port-range', '30000-70000'], 'is not a range of ports such as 30000-32767'],
    [['--service-node-port-range', '40000-30000'], 'is not a range of ports such as 30000-32767'],
    [['--token-auth-file', '/none/at/all'], '--token-auth-file: there is no file /none/at/all'],
    [['--images', '/none/at/all'], '--images: there is no folder /none/at/all'],
    [['--registry-config', '/none/at/all'], '--registry-config: there is no file /none/at/all'],
    [['--image-source', 'moon'], '--image-source: moon is neither auto nor registry'],
    [['--nodes', 'docker'], 'runtimes are process, containerd and simulated'],
    [['--flag'], "Unknown option '--flag'"],
    [['word'], 'Unexpected argument'],
  ])('%j is refused: %s', (argv, message) => {
    expect(() => parse(argv)).toThrow(message);
    expect(() => parse(argv)).toThrow(StartError);
  });

  test('answers --help and --version', () => {
    expect(parse(['--help'])).toBe(USAGE);
    expect(parse(['--version'])).toBe('1.2.3');
  });
});

describe('--node-groups', () => {
  const GROUP = { min: 0, max: 3, runtime: 'simulated', cpu: '4', memory: '16Gi', pods: '110', zone: 'zone-a' };
  test.each([
    ['', []],
    ['small:0-3', [{ ...GROUP, name: 'small', labels: {}, taints: [] }]],
    [
      'a:0-3,cpu=2,zone=b,label=x=y,label=z=,taint=own=me:NoSchedule,taint=k:NoExecute b:0-3,memory=1Gi',
      [
        {
          ...GROUP,
          name: 'a',
          cpu: '2',
          zone: 'b',
          labels: { x: 'y', z: '' },
          taints: [
            { key: 'own', value: 'me', effect: 'NoSchedule' },
            { key: 'k', effect: 'NoExecute' },
          ],
        },
        { ...GROUP, name: 'b', memory: '1Gi', labels: {}, taints: [] },
      ],
    ],
  ])('%j', (text, expected) => expect(parseNodeGroups(text)).toEqual(expected));

  test.each([
    ['a', 'a group is NAME:MIN-MAX'],
    ['a:1', 'a group is NAME:MIN-MAX'],
    ['A:0-1', 'a group is NAME:MIN-MAX'],
    ['a:2-1', 'a group is NAME:MIN-MAX'],
    ['a:0-1,cpu=many', 'many is not a quantity'],
    ['a:0-1,speed=1', 'unknown setting speed=1'],
    ['a:0-1,taint=k', 'a taint is KEY=VALUE:EFFECT'],
    ['a:0-1,runtime=containerd', 'runtimes are simulated and process'],
    ['a:0-1 a:0-2', 'a is there twice'],
  ])('%j is refused', (text, why) => expect(() => parseNodeGroups(text)).toThrow(why));

  test('with the flags of cluster-autoscaler', () => {
    const given = { 'scan-interval': '2s', 'scale-down-unneeded-time': '1m30s', 'scale-down-enabled': 'false' };
    expect(cloudSettings(given).nodeGroups.autoscaler).toMatchObject({
      scanInterval: 2000,
      scaleDownUnneededTime: 90_000,
      scaleDownEnabled: false,
      scaleDownDelayAfterAdd: 600_000,
    });
    expect(() => cloudSettings({ 'scan-interval': 'soon' })).toThrow('--scan-interval: ');
    expect(() => cloudSettings({ 'scale-down-enabled': 'no' })).toThrow('neither true nor false');
    expect(() => cloudSettings({ 'scale-down-utilization-threshold': '2' })).toThrow('not between 0 and 1');
    expect(() => cloudSettings({ 'load-balancer-range': 'x' })).toThrow('--load-balancer-range: x is not a range');
  });
});
