import { existsSync, readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { EdgeSettings } from '../addons/addon.ts';
import type { NodeGroupSettings } from '../addons/cloud/node-group-settings.ts';
import { ADDON_NAMES, ONLY_BY_NAME } from '../addons/names.ts';
import { ISSUER } from '../api/api.ts';
import type { PluginSwitches } from '../api/admission/enabled-plugins.ts';
import { ADMISSION_USAGE, admissionSwitches } from './admission-options.ts';
import { AUDIT_USAGE, parseAuditOptions, type AuditOptions } from './audit-options.ts';
import {
  ENCRYPTION_FLAGS,
  ENCRYPTION_USAGE,
  encryptionSettings,
  type EncryptionSettings,
} from './encryption/encryption-options.ts';
import {
  CONTROLLER_FLAGS,
  CONTROLLER_USAGE,
  controllerSettings,
  type ControllerSettings,
} from './controller-options.ts';
import { GRAPHQL_FLAGS, GRAPHQL_USAGE, graphqlOptions, type GraphQLSettings } from './graphql-options.ts';
import { authenticationSettings, type ReadSettings } from './authentication-options.ts';
import type { ServiceProxyMode } from '../nodes/contract.ts';
import { HISTORY_FLAGS, HISTORY_USAGE, historySettings, type HistorySettings } from './history-options.ts';
import { CLOUD_FLAGS, CLOUD_USAGE, cloudSettings } from './cloud-options.ts';
import { INGRESS_FLAGS, INGRESS_USAGE, ingressSettings } from './ingress-options.ts';
import type { LimitOptions } from '../nodes/contract.ts';
import type { ImageOptions } from '../nodes/images/node-images.ts';
import { ADMISSION_FLAGS, AUDIT_FLAGS, AUTHENTICATION_FLAGS, RUNTIME_FLAGS } from './kube-flags.ts';
import { LIMIT_FLAGS, LIMIT_USAGE, limitOptions } from './limit-options.ts';
import { LOGS_FLAGS, LOGS_USAGE, logsOptions, type LogsOptions } from './logs-options.ts';
import { NODE_LIMIT_FLAGS, NODE_LIMIT_USAGE, parseNodeLimits, type NodeLimits } from './node-limits.ts';
import { RUNTIME_USAGE, runtimeConfig } from './runtime-config.ts';
import { SERVING_FLAGS, SERVING_USAGE, servingSettings, type ServingSettings } from './serving-options.ts';
import { LOGGING_FLAGS, LOGGING_USAGE, loggingSettings, type LoggingSettings } from './logging-options.ts';
import { TRACING_FLAGS, TRACING_USAGE, tracingSettings, type TracingSettings } from './tracing-options.ts';
import { nodePortRange, serviceCidr } from './service-ranges.ts';
import { StartError } from './start-error.ts';

export const ROLES = ['api', 'controllers', 'scheduler', 'nodes'] as const;
export type Role = (typeof ROLES)[number];

/** What becomes of the pods of the process node when it stops. */
export type PodsOnStop = 'end' | 'keep';

export type NodeSpec =
  | { runtime: 'process' | 'containerd'; count: number }
  | { runtime: 'simulated'; count: number; cpu: string; memory: string; pods: number; zones: number; failures: number };

export interface Options extends ServingSettings, ControllerSettings {
  roles: ReadonlySet<Role>;
  /** folder of everything that outlives a run: Postgres' files, kubeconfig, container logs */
  data: string;
  securePort: number;
  /** where loops that run without the API tell their numbers; undefined: where those of Kubernetes do */
  loopsPort: number | undefined;
  bindAddress: string;
  /** API server of roles that run apart from it; undefined: the one in this process */
  server: string | undefined;
  /** credentials for `server` */
  kubeconfig: string;
  /** undefined: the embedded Postgres */
  databaseUrl: string | undefined;
  nodes: NodeSpec[];
  nodeName: string | undefined;
  /** where images of the process node come from */
  images: ImageOptions;
  /** how the process node holds pods to what they may use */
  limits: LimitOptions;
  /** InternalIP of the process node; undefined: the machine's own choice */
  nodeIP: string | undefined;
  nodeLimits: NodeLimits;
  serviceProxy: ServiceProxyMode;
  podsOnStop: PodsOnStop;
  /** names of add-ons that run with the controllers */
  addons: string[];
  ingress: EdgeSettings;
  loadBalancerRange: string;
  nodeGroups: NodeGroupSettings;
  staticTokens: string | undefined;
  authentication: ReadSettings;
  serviceCidr: string;
  /** the first and the last */
  nodePortRange: readonly [number, number];
  admissionPlugins: PluginSwitches;
  /** versions of kinds that are served beside those that always are: `storagemigration.k8s.io/v1beta1` */
  optionalVersions: string[];
  encryption: EncryptionSettings;
  history: HistorySettings;
  audit: AuditOptions;
  logs: LogsOptions;
  logging: LoggingSettings;
  /** undefined: nothing is traced */
  tracing: TracingSettings | undefined;
  graphql: GraphQLSettings;
}

export const USAGE = `usage: npm start -- [options]

  --roles LIST              of api,controllers,scheduler,nodes (default: all)
  --data DIR                where everything is kept (default .ku7s, or KU7S_DATA)
  --secure-port PORT        HTTPS port of the API (default 6443; 0: a free one); of roles without it, of their /metrics
                            (default 10257 with controllers, else 10259, or a free one)
  --bind-address ADDRESS    address of that port (default 127.0.0.1)
  --server URL              API of roles that run without it
  --kubeconfig FILE         credentials for --server (default DATA/kubeconfig)
  --nodes SPEC              process:1 (default), containerd:1, simulated:3, simulated:5000,cpu=32,memory=64Gi,pods=110,zones=3,failures=0.01
  --node-name NAME          name of the process node (default: the host's)
  --node-ip ADDRESS         InternalIP of the process node (default: the machine's address with the default route)
  --service-proxy MODE      nftables, userspace, or auto (default): nftables where the machine permits it
  --pods-on-stop WHAT       end (default beside the API): pods end with this process, and come back with the next start,
                            at their addresses; keep (default apart from it): they go on, and are taken over
  --images DIR              OCI layouts, their archives and those of docker save, which the process node runs
  --registry-config FILE    mirrors, trust and credentials of registries
  --image-source SOURCE     auto (default): programs of this machine stand for images of the catalogue that are not
                            in --images; registry: nothing stands for an image
${NODE_LIMIT_USAGE}
  --addons LIST             of ${ADDON_NAMES.join(',')} (default: all but custom-metrics; none: no add-on)
${INGRESS_USAGE}
${CLOUD_USAGE}
${CONTROLLER_USAGE}
  --token-auth-file FILE    lines of token,user,uid,"group1,group2"
  --authentication-config FILE  AuthenticationConfiguration: OpenID providers, anonymous requests; read anew when it changes
  --oidc-issuer-url URL, --oidc-client-id ID  one OpenID provider without a file; also --oidc-ca-file,
                            --oidc-{username,groups}-{claim,prefix}, --oidc-signing-algs, --oidc-required-claim KEY=VALUE
  --anonymous-auth BOOL     whether requests without a credential are taken (default true)
  --service-cluster-ip-range CIDR  (default 10.96.0.0/16)
  --service-node-port-range FIRST-LAST  (default 30000-32767); for controllers apart from the API, too
${ADMISSION_USAGE}
${RUNTIME_USAGE}
${SERVING_USAGE}
${LIMIT_USAGE}
${ENCRYPTION_USAGE}
${HISTORY_USAGE}
${AUDIT_USAGE}
${LOGS_USAGE}
${TRACING_USAGE}
${LOGGING_USAGE}
${GRAPHQL_USAGE}
  --help, --version

ku7s login-link [--data DIR] [--kubeconfig FILE] [--read-only] prints a new link to GraphiQL of a server that runs.
ku7s envtest DIR writes kube-apiserver, etcd and kubectl for suites that start a control plane (KUBEBUILDER_ASSETS=DIR).

DATABASE_URL names a Postgres (16 or later) to use in place of the embedded one.`;

/** `process:1`, `simulated:3,cpu=32,memory=64Gi,pods=110,zones=3`; several apart by spaces or `+`. */
export const parseNodes = (text: string): NodeSpec[] =>
  text
    .split(/[\s+]+/)
    .filter(Boolean)
    .map(parseNode);

function parseNode(one: string): NodeSpec {
  const [head = '', ...settings] = one.split(',');
  const [runtime, count = '1'] = head.split(':');
  if (!/^\d{1,6}$/.test(count)) throw new StartError(`--nodes ${one}: ${count} is not a number of nodes`);
  const known = { cpu: '32', memory: '64Gi', pods: '110', zones: '1', failures: '0' };
  const isKnown = (key: string): key is keyof typeof known => Object.hasOwn(known, key);
  for (const setting of settings) {
    const [key = '', value] = setting.split('=');
    if (runtime !== 'simulated' || !isKnown(key) || !value)
      throw new StartError(`--nodes ${one}: unknown setting ${setting}`);
    known[key] = value;
  }
  const { cpu, memory, pods, zones, failures } = known;
  if (runtime === 'simulated')
    return {
      runtime,
      count: Number(count),
      cpu,
      memory,
      pods: Number(pods),
      zones: Number(zones),
      failures: Number(failures),
    };
  if (runtime !== 'process' && runtime !== 'containerd')
    throw new StartError(`--nodes ${one}: runtimes are process, containerd and simulated`);
  if (Number(count) > 1) throw new StartError(`--nodes ${one}: a machine holds one ${runtime} node`);
  return { runtime, count: Number(count) };
}

function imageOptions(values: Readonly<Record<string, unknown>>): ImageOptions {
  const { images, 'registry-config': config, 'image-source': source = 'auto' } = values;
  if (source !== 'auto' && source !== 'registry')
    throw new StartError(`--image-source: ${String(source)} is neither auto nor registry`);
  if (typeof images === 'string' && !existsSync(images)) throw new StartError(`--images: there is no folder ${images}`);
  if (typeof config === 'string' && !existsSync(config))
    throw new StartError(`--registry-config: there is no file ${config}`);
  return {
    source,
    ...(typeof images === 'string' && { folder: path.resolve(images) }),
    ...(typeof config === 'string' && { registryConfig: path.resolve(config) }),
  };
}

/** `dns,…`: names of add-ons; when not said all but those that want to be named, none for `none` and for nothing. */
export function parseAddons(text: string | undefined): string[] {
  const known: readonly string[] = ADDON_NAMES;
  if (text === undefined) return known.filter((name) => !ONLY_BY_NAME.has(name));
  if (text === 'none') return [];
  const names = [...new Set(text.split(',').filter(Boolean))];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new StartError(`--addons: there is no add-on ${unknown}; the add-ons are ${known.join(', ')}`);
  return names;
}

function parseNodeIP(text: string | undefined): string | undefined {
  if (text === undefined || isIPv4(text)) return text;
  throw new StartError(`--node-ip: ${text} is not an IPv4 address`);
}

function parseServiceProxy(text = 'auto'): ServiceProxyMode {
  if (text === 'auto' || text === 'nftables' || text === 'userspace') return text;
  throw new StartError(`--service-proxy: ${text} is none of auto, nftables, userspace`);
}

function parsePodsOnStop(text: string): PodsOnStop {
  if (text === 'end' || text === 'keep') return text;
  throw new StartError(`--pods-on-stop: ${text} is none of end, keep`);
}

function parseRoles(text: string | undefined): Set<Role> {
  const isRole = (name: string): name is Role => ROLES.some((role) => role === name);
  const names = text?.split(',').filter(Boolean) ?? ROLES;
  const unknown = names.find((name) => !isRole(name));
  if (unknown !== undefined)
    throw new StartError(`--roles: there is no role ${unknown}; the roles are ${ROLES.join(', ')}`);
  return new Set(names.filter(isRole));
}

/** Throws StartError; returns a string for --help and --version. */
export function parseOptions(argv: string[], env: NodeJS.ProcessEnv, version: string): Options | string {
  const { values } = parse(argv);
  if (values.help) return USAGE;
  if (values.version) return version;
  const roles = parseRoles(values.roles);
  if (roles.has('api') && values.server) throw new StartError('--server is for roles that run without api');
  if (!roles.has('api') && !values.server) throw new StartError('--roles without api needs --server URL');
  const port = Number(values['secure-port'] ?? 6443);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new StartError(`--secure-port: ${values['secure-port']} is not a port`);
  const data = path.resolve(values.data ?? env.KU7S_DATA ?? '.ku7s');
  const tokens = values['token-auth-file'];
  if (tokens && !existsSync(tokens)) throw new StartError(`--token-auth-file: there is no file ${tokens}`);
  return {
    roles,
    data,
    securePort: port,
    loopsPort: values['secure-port'] === undefined ? undefined : port,
    bindAddress: values['bind-address'] ?? '127.0.0.1',
    server: values.server,
    kubeconfig: path.resolve(values.kubeconfig ?? path.join(data, 'kubeconfig')),
    databaseUrl: env.DATABASE_URL,
    nodes: parseNodes(values.nodes ?? 'process:1'),
    nodeName: values['node-name'],
    images: imageOptions(values),
    limits: limitOptions(values),
    nodeLimits: parseNodeLimits(values),
    nodeIP: parseNodeIP(values['node-ip']),
    serviceProxy: parseServiceProxy(values['service-proxy']),
    podsOnStop: parsePodsOnStop(values['pods-on-stop'] ?? (roles.has('api') ? 'end' : 'keep')),
    addons: parseAddons(values.addons),
    ingress: ingressSettings(values),
    ...cloudSettings(values),
    ...controllerSettings(values),
    staticTokens: tokens ? readFileSync(tokens, 'utf8') : undefined,
    authentication: authenticationSettings(values, ISSUER),
    serviceCidr: serviceCidr(values['service-cluster-ip-range']),
    nodePortRange: nodePortRange(values['service-node-port-range']),
    admissionPlugins: admissionSwitches(values),
    optionalVersions: runtimeConfig(values['runtime-config']),
    ...servingSettings(values),
    encryption: encryptionSettings(values, data),
    history: historySettings(values),
    audit: parseAuditOptions(values, path.join(data, 'audit', 'audit.log')),
    logs: logsOptions(values),
    tracing: tracingSettings(values),
    logging: loggingSettings(values),
    graphql: graphqlOptions(values),
  };
}

function parse(argv: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: argv,
      strict: true,
      options: {
        roles: text,
        data: text,
        'secure-port': text,
        'bind-address': text,
        server: text,
        kubeconfig: text,
        nodes: text,
        'node-name': text,
        ...NODE_LIMIT_FLAGS,
        images: text,
        ...LIMIT_FLAGS,
        'registry-config': text,
        'image-source': text,
        'node-ip': text,
        'service-proxy': text,
        'pods-on-stop': text,
        addons: text,
        ...INGRESS_FLAGS,
        ...CLOUD_FLAGS,
        ...CONTROLLER_FLAGS,
        'token-auth-file': text,
        ...AUTHENTICATION_FLAGS,
        'service-cluster-ip-range': text,
        'service-node-port-range': text,
        ...ADMISSION_FLAGS,
        ...RUNTIME_FLAGS,
        ...SERVING_FLAGS,
        ...ENCRYPTION_FLAGS,
        ...HISTORY_FLAGS,
        ...AUDIT_FLAGS,
        ...LOGS_FLAGS,
        ...TRACING_FLAGS,
        ...LOGGING_FLAGS,
        ...GRAPHQL_FLAGS,
        help: flag,
        version: flag,
      },
    });
  } catch (error) {
    throw new StartError(`${(error as Error).message.split('. ')[0]}\n${USAGE}`);
  }
}
