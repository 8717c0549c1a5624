import { existsSync } from 'node:fs';
import path from 'node:path';
import { ADMISSION_FLAGS, AUDIT_FLAGS, AUTHENTICATION_FLAGS, RUNTIME_FLAGS } from '../kube-flags.ts';
import { parseGoFlags, type GoFlags } from './go-flags.ts';

/** Flags of kube-apiserver that mean the same here. */
const SAME = new Set([
  ...Object.keys(ADMISSION_FLAGS),
  ...Object.keys(AUDIT_FLAGS),
  ...Object.keys(AUTHENTICATION_FLAGS),
  ...Object.keys(RUNTIME_FLAGS),
  'authorization-mode',
  'bind-address',
  'client-ca-file',
  'encryption-provider-config',
  'secure-port',
  'service-account-issuer',
  'service-cluster-ip-range',
  'service-node-port-range',
  'tls-cert-file',
  'tls-private-key-file',
  'token-auth-file',
]);

/** Flags of which something else is made. */
const READ = ['cert-dir', 'etcd-servers', 'encryption-provider-config-automatic-reload'];

/** Flags that say how it is to work inside, or what is so here in any case: taken, and nothing follows from them. */
const IGNORED = `
admission-control-config-file advertise-address allow-metric-labels allow-privileged api-audiences apiserver-count
contention-profiling cors-allowed-origins default-not-ready-toleration-seconds default-unreachable-toleration-seconds
default-watch-cache-size delete-collection-workers enable-aggregator-routing enable-bootstrap-token-auth
enable-garbage-collector enable-logs-handler enable-priority-and-fairness endpoint-reconciler-type etcd-cafile
etcd-certfile etcd-compaction-interval etcd-count-metric-poll-period etcd-db-metric-poll-interval
etcd-healthcheck-timeout etcd-keyfile etcd-prefix etcd-readycheck-timeout event-ttl external-hostname feature-gates
goaway-chance http2-max-streams-per-connection kubelet-certificate-authority kubelet-client-certificate
kubelet-client-key kubelet-preferred-address-types kubelet-timeout kubernetes-service-node-port lease-reuse-duration-seconds
livez-grace-period log-flush-frequency log-json-info-buffer-size log-json-split-stream logging-format
max-connection-bytes-per-sec max-mutating-requests-inflight max-requests-inflight min-request-timeout
permit-address-sharing permit-port-sharing profiling proxy-client-cert-file proxy-client-key-file request-timeout
requestheader-allowed-names requestheader-client-ca-file requestheader-extra-headers-prefix
requestheader-group-headers requestheader-username-headers service-account-extend-token-expiration
service-account-jwks-uri service-account-key-file service-account-lookup service-account-max-token-expiration
service-account-signing-key-file show-hidden-metrics-for-version shutdown-delay-duration
shutdown-send-retry-after shutdown-watch-termination-grace-period storage-backend storage-media-type
strict-transport-security-directives tls-cipher-suites tls-min-version tls-sni-cert-key tracing-config-file v vmodule
watch-cache watch-cache-sizes`
  .trim()
  .split(/\s+/);

const SWITCHES = new Set([
  'allow-privileged',
  'anonymous-auth',
  'enable-aggregator-routing',
  'enable-bootstrap-token-auth',
  'enable-garbage-collector',
  'enable-logs-handler',
  'enable-priority-and-fairness',
  'encryption-provider-config-automatic-reload',
  'permit-address-sharing',
  'permit-port-sharing',
  'profiling',
  'service-account-lookup',
  'watch-cache',
]);

export const API_FLAGS: ReadonlySet<string> = new Set([...SAME, ...READ, ...IGNORED]);

/** @throws StartError */
export const parseApiFlags = (argv: readonly string[]): GoFlags => parseGoFlags(argv, API_FLAGS, SWITCHES);

/** The URL of `--etcd-servers`; the first of several. */
export const etcdOf = (flags: GoFlags): string | undefined => flags.get('etcd-servers')?.at(-1)?.split(',')[0];

/**
 * The command line of ku7s that is what kube-apiserver's flags ask for: an API without nodes, and with
 * KU7S_CONTROLLERS the controllers, the scheduler and a simulated node that pods become ready on.
 * @param data the folder in which etcd keeps its data
 */
export function startArguments(flags: GoFlags, data: string, env: NodeJS.ProcessEnv): string[] {
  const all = !['', '0', 'false'].includes(env['KU7S_CONTROLLERS'] ?? '');
  const args = [
    '--roles',
    all ? 'api,controllers,scheduler,nodes' : 'api',
    '--nodes',
    'simulated:1',
    '--addons',
    'none',
  ];
  args.push('--data', data, '--unsafe-no-fsync');
  // suites speak REST; the loops, which ask for it at once, are not to wait for the whole of it
  if (!all) args.push('--graphql-schema=use');
  for (const [name, values] of flags) if (SAME.has(name)) for (const value of values) args.push(`--${name}=${value}`);
  if (flags.get('encryption-provider-config-automatic-reload')?.at(-1) === 'true')
    args.push('--encryption-provider-config-automatic-reload');
  const folder = flags.get('cert-dir')?.at(-1);
  if (folder !== undefined && !flags.has('tls-cert-file') && existsSync(path.join(folder, 'apiserver.crt'))) {
    args.push(`--tls-cert-file=${path.join(folder, 'apiserver.crt')}`);
    args.push(`--tls-private-key-file=${path.join(folder, 'apiserver.key')}`);
  }
  return args;
}
