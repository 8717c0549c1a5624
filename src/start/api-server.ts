import path from 'node:path';
import { createApi, ISSUER } from '../api/api.ts';
import type { Api } from '../api/contract.ts';
import { auditLines } from '../api/logs/audit-lines.ts';
import type { LineExporter } from '../api/logs/export-lines.ts';
import { createFlowControl } from '../api/fairness/flow-control.ts';
import { areWritesComing } from '../api/fairness/turns.ts';
import { createRegistry } from '../kinds/registry.ts';
import { createGraphQL, type GraphQLFacade } from '../resolvers/graphql.ts';
import { Pages } from '../rest/pages/pages.ts';
import { ProviderSignIn } from '../rest/pages/provider-sign-in.ts';
import type { MetricLines } from '../rest/health/metrics.ts';
import { createRestServer, type RestServer } from '../rest/server.ts';
import { NodeDialer } from '../rest/streams/dial.ts';
import { openLogArchive } from '../store/logs/archive.ts';
import { openStore } from '../store/open.ts';
import { startEmbeddedPostgres } from '../store/embedded.ts';
import { KUBELET_CLIENT_GROUP, KUBELET_CLIENT_USER } from '../rules/certificates/kubelet-client.ts';
import { FRONT_PROXY } from '../rules/front-proxy.ts';
import { openAuditor } from './audit.ts';
import { makeAuthority, type KeyPair } from './certificates.ts';
import { OwnCertificates, type Wanted } from './own-certificates.ts';
import { ADMISSION, STORAGE } from '../rules/metrics/families.ts';
import { linesOf, metricsOf } from '../rules/metrics/metrics.ts';
import { systemClock } from '../rules/clock.ts';
import { followAuthentication } from './follow-authentication.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { Encryption } from './encryption/encryption.ts';
import { identityOf } from './identity.ts';
import { REQUESTS_FROM } from './logging-options.ts';
import { requestLines } from './request-lines.ts';
import type { Report } from './loop-settings.ts';
import type { Options } from './options.ts';
import { packageVersion } from './package-version.ts';
import { StartError } from './start-error.ts';
import { makeSigningKey } from './signing-key.ts';
import { startValidationThread } from './validation-thread.ts';

export interface RunningApi {
  api: Api;
  graphql: GraphQLFacade;
  /** `https://127.0.0.1:6443` */
  url: string;
  /** PEM */
  ca: string;
  /** a one-time link to GraphiQL */
  loginLink: string;
  stop(): Promise<void>;
}

const ADMIN = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

/** Brings up Postgres, the store, the API and both façades, in this order; stops them in the reverse. */
export async function runApi(
  options: Options,
  log: Report,
  /** of the loops in this process, as lines of an exposition */
  loopMetrics: MetricLines = () => [],
): Promise<RunningApi> {
  const closers: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const close of closers.reverse()) await close();
  };
  try {
    const kept: { lines?: (lines: string) => Promise<void> } = {};
    const keepsLogs = options.addons.includes('logs');
    const auditor = await openAuditor(
      options.audit,
      log,
      keepsLogs && options.logs.audit ? async (lines) => kept.lines?.(lines) : undefined,
    );
    let closing: Promise<void> | undefined;
    const closeAuditor = (): Promise<void> => (closing ??= auditor.close());
    closers.push(closeAuditor);
    const encryption = await startup(
      Encryption.open({ file: options.encryption.providerConfig, reload: options.encryption.reload, log }),
    );
    closers.push(() => Promise.resolve(encryption.close()));
    const postgres = options.databaseUrl
      ? undefined
      : await startEmbeddedPostgres({
          dataDir: path.join(options.data, 'postgres'),
          durable: options.durable,
          log,
        });
    if (postgres) closers.push(() => postgres.stop());
    const { duration, total, errors } = metricsOf(STORAGE);
    const webhooks = metricsOf(ADMISSION);
    const store = await startup(
      openStore({
        databaseUrl: options.databaseUrl || postgres!.url,
        keyFile: options.encryption.keyFile,
        sealer: (own) => encryption.sealer(own),
        onWrite(operation, resource, ms, answered) {
          const dot = resource.indexOf('.');
          const [group, name] = dot < 0 ? ['', resource] : [resource.slice(dot + 1), resource.slice(0, dot)];
          total.of(operation, group, name).add();
          if (answered) duration.of(operation, group, name).observe(ms / 1000);
          else errors.of(operation, group, name).add();
        },
        moreComes: areWritesComing,
        retention: { confidentialMs: options.encryption.secretHistoryMs, ...options.history },
        log,
      }),
    );
    closers.push(() => store.close());
    const archive = keepsLogs
      ? openLogArchive({
          databaseUrl: options.databaseUrl || postgres!.url,
          retention: options.logs.retention,
          log,
        })
      : undefined;
    if (archive) {
      closers.push(async () => {
        await closeAuditor();
        await archive.close();
      });
      kept.lines = auditLines(archive, identityOf(options.data));
    }
    encryption.onRecovered = () => store.reopen();

    const setting = async <T>(name: string, make: () => Promise<T>) =>
      JSON.parse(await store.setting(name, async () => JSON.stringify(await make()))) as T;
    const [ca, signing, frontProxyCA] = await Promise.all([
      setting('ca', () => makeAuthority('kubernetes')),
      setting('service-account-key', makeSigningKey),
      setting('front-proxy-ca', () => makeAuthority('front-proxy-ca')),
    ]);
    const own = new OwnCertificates(setting, log, systemClock);
    let server: RestServer | undefined;
    let address: string | undefined;
    const kubeconfig = path.join(options.data, 'kubeconfig');
    const [kubeletClient, frontProxy, admin, serving] = await Promise.all([
      own.get(
        {
          setting: 'apiserver-kubelet-client',
          authority: ca,
          subject: { commonName: KUBELET_CLIENT_USER, organizations: [KUBELET_CLIENT_GROUP] },
        },
        (pair) => server?.show({ kubeletClient: pair }),
      ),
      own.get(
        {
          setting: 'front-proxy-client',
          authority: frontProxyCA,
          subject: { commonName: FRONT_PROXY.allowedNames[0] },
        },
        (pair) => server?.show({ frontProxy: pair }),
      ),
      own.get(
        {
          setting: 'admin',
          authority: ca,
          subject: { commonName: 'kubernetes-admin', organizations: ['system:masters'] },
        },
        (pair) => address && writeKubeconfig(kubeconfig, address, trusted, pair),
      ),
      options.serving ?? own.get(servingCertificate(options, ca), (pair) => server?.show({ serving: pair })),
    ]);
    // a certificate of somebody else's is trusted for itself: who made it is not known here
    const trusted = options.serving ? `${ca.cert}\n${options.serving.cert}` : ca.cert;
    const clientCA = options.clientCA === undefined ? ca.cert : `${ca.cert}\n${options.clientCA}`;

    const registry = createRegistry(options.optionalVersions);
    const api = await createApi({
      registry,
      store,
      clientCA: ca.cert,
      clientCAKey: ca.key,
      ...(options.clientCA !== undefined && { otherClientCAs: options.clientCA }),
      ...(options.issuer !== undefined && { issuer: options.issuer }),
      rbac: options.rbac,
      frontProxyCA: frontProxyCA.cert,
      ...(options.staticTokens !== undefined && { staticTokens: options.staticTokens }),
      authentication: options.authentication,
      serviceAccountKeys: signing,
      serviceCidr: options.serviceCidr,
      nodePortRange: options.nodePortRange,
      admissionPlugins: options.admissionPlugins,
      auditor,
      webhooks,
      ...(archive && { logs: { archive, events: options.logs.events, exporter: await exporterOf(options) } }),
      validationThread: startValidationThread,
      log,
    });
    closers.push(() => api.close());
    const { file } = options.authentication;
    if (file) {
      const unfollow = followAuthentication(file, ISSUER, (jwt) => api.useProviders(jwt), log, systemClock);
      closers.push(() => Promise.resolve(unfollow()));
    }
    const flowControl = createFlowControl(store);
    const dialer = new NodeDialer({ ...kubeletClient, ca: ca.cert });
    const graphql = createGraphQL({ api, flowControl, dialer, log, documents: options.graphql.documents });
    const pages = new Pages(api, { elsewhere: new ProviderSignIn(api, log) });
    const tracer =
      options.tracing &&
      (await import('./otlp-traces.ts')).otlpTraces(options.tracing, {
        instance: identityOf(options.data),
        version: packageVersion(),
      });
    if (tracer) closers.push(() => tracer.close());
    const rest = createRestServer({
      api,
      tls: { key: serving.key, cert: serving.cert, clientCA, frontProxyCA: frontProxyCA.cert },
      kubeletClient,
      frontProxy,
      ...(encryption.check && { keyManagement: encryption.check }),
      graphql,
      pages,
      flowControl,
      dialer,
      tracer,
      profiling: options.profiling,
      ...(options.logging.verbosity >= REQUESTS_FROM && { onRequest: requestLines(log) }),
      metrics: [loopMetrics, () => linesOf({ duration, total, errors }, webhooks)],
      log,
    });
    const bound = await rest.listen(options.securePort, options.bindAddress);
    closers.push(async () => {
      await graphql.close();
      await rest.close(5_000);
    });
    server = rest;
    api.listensAt(bound.address, bound.port);
    const host = bound.address.includes(':')
      ? `[${bound.address}]`
      : bound.address === '0.0.0.0'
        ? '127.0.0.1'
        : bound.address;
    await api.advertise(options.bindAddress === '0.0.0.0' ? '127.0.0.1' : bound.address, bound.port);
    const url = `https://${host}:${bound.port}`;
    writeKubeconfig(kubeconfig, url, trusted, admin);
    address = url;
    if (options.graphql.ahead) graphql.prepare();
    const unfollow = own.follow();
    closers.push(() => Promise.resolve(unfollow()));
    return {
      api,
      graphql,
      url,
      ca: trusted,
      loginLink: `${url}${await pages.loginLink(ADMIN, { write: true })}`,
      stop,
    };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}

/** Where lines are sent on, as they are kept. */
const exporterOf = async ({ logs: { otlpEndpoint } }: Options): Promise<LineExporter | undefined> =>
  otlpEndpoint === undefined ? undefined : (await import('./otlp-lines.ts')).otlpLines(otlpEndpoint);

/** One per set of host names: API processes at the same address share it, and a renewed CA makes it anew. */
function servingCertificate(options: Options, authority: KeyPair): Wanted {
  const service = firstAddress(options.serviceCidr);
  const hosts = [...new Set(['127.0.0.1', '::1', 'localhost', options.bindAddress, service])].filter(
    (h) => h !== '0.0.0.0' && h !== '::',
  );
  const names = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
    ...hosts,
  ];
  return {
    setting: `serving:${hosts.join(',')}`,
    authority,
    subject: { commonName: 'kube-apiserver' },
    hosts: names,
    checked: hosts,
  };
}

/** What is wrong with the surroundings is one line for the user. */
async function startup<T>(starting: Promise<T>): Promise<T> {
  try {
    return await starting;
  } catch (error) {
    throw new StartError((error as Error).message, { cause: error });
  }
}

function firstAddress(cidr: string): string {
  const [network = ''] = cidr.split('/');
  return network.replace(/(?<!\d)\d+$/, (last) => String(Number(last) + 1));
}
