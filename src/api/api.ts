import { parseStaticTokens } from './authentication/static-tokens.ts';
import type { Registry } from '../kinds/kind.ts';
import type { Store, Stored } from '../store/contract.ts';
import { createChain } from './admission/chain.ts';
import { enabledPlugins, type PluginSwitches } from './admission/enabled-plugins.ts';
import { IpRange } from './allocation/ip-range.ts';
import { repairAllocations } from './allocation/repair.ts';
import { ServiceRanges } from './allocation/service-ranges.ts';
import { ServiceAllocation } from './allocation/services.ts';
import { advertise } from './advertise.ts';
import { noAudit } from './audit/auditor.ts';
import { Authenticator } from './authentication/authenticator.ts';
import type { JwtAuthenticatorConfiguration } from './authentication/jwt/configuration.ts';
import type { AuthenticationSettings } from './authentication/settings.ts';
import { trackLegacyTokens } from './authentication/legacy-token-tracking.ts';
import { LegacyTokens } from './authentication/legacy-tokens.ts';
import { followTokenSecrets } from './authentication/token-secrets.ts';
import { ServiceAccountTokens, type SigningKeys } from './authentication/service-account-tokens.ts';
import { Authorizer } from './authorization/authorizer.ts';
import { bootstrap } from './bootstrap.ts';
import { publishTrust } from './certificates/publish-trust.ts';
import { followCertificateRequests } from './certificates/sign.ts';
import { ADMISSION } from '../rules/metrics/families.ts';
import { metricsOf, type MetricsOf } from '../rules/metrics/metrics.ts';
import { systemClock, type Clock } from '../rules/clock.ts';
import { NODE_PORTS } from '../rules/node-ports.ts';
import type { Api, Auditor } from './contract.ts';
import type { Core } from './core.ts';
import { Conversions } from './conversion/conversions.ts';
import { keepDefaultServiceCidr } from './default-service-cidr.ts';
import { followDefinitions } from './definitions/follow.ts';
import { Logs, type LogsOptions } from './logs/logs.ts';
import { Standing } from './standing/standing.ts';
import { Destinations } from './streams/destinations.ts';
import { BodyBytes } from '../rules/http/request-body.ts';
import { OpenStreams } from './streams/open-streams.ts';
import { ValidationThread, type Thread } from './validation/thread.ts';
import { verbs } from './verbs.ts';

export interface ApiOptions {
  registry: Registry;
  store: Store;
  clock?: Clock;
  /** PEM; with its key it signs the certificates of approved requests */
  clientCA?: string;
  /** PEM */
  clientCAKey?: string;
  /** PEM of authorities of clients beside `clientCA`, published with it */
  otherClientCAs?: string;
  /** PEM of the authority of front proxies; published with the other for API servers beside this one */
  frontProxyCA?: string;
  /** text of a token file: lines of `token,user,uid,"group1,group2"` */
  staticTokens?: string;
  /** OpenID providers and anonymous requests; none, and all, when not said */
  authentication?: AuthenticationSettings;
  serviceAccountKeys: SigningKeys;
  /** `iss` and the default audience of service account tokens */
  issuer?: string;
  serviceCidr?: string;
  nodePortRange?: readonly [number, number];
  /** false: everybody may everything */
  rbac?: boolean;
  /** the default ones when not said */
  admissionPlugins?: PluginSwitches;
  /** counts calls of admission webhooks */
  webhooks?: MetricsOf<typeof ADMISSION>;
  /** closed by who made it */
  auditor?: Auditor;
  /** where lines are kept; absent: they are not */
  logs?: LogsOptions;
  /** false: nobody is told since when the use of tokens in Secrets is written down, so that no controller lets them go */
  tracksLegacyTokens?: boolean;
  /** starts a thread in which objects of very many values are judged */
  validationThread?: () => Thread;
  log?(line: string): void;
}

/** The API of this process. */
export interface RunningApi extends Api {
  /** for /openid/v1/jwks */
  jwks(): { keys: unknown[] };
  readonly issuer: string;
  /** The API takes connections here: streams and proxies do not lead to it. */
  listensAt(address: string, port: number): void;
  /** Where clients inside the cluster reach this API: becomes the endpoints of the Service `kubernetes`. */
  advertise(address: string, port: number): Promise<void>;
  /** From now on tokens of these providers are taken, and of no others. */
  useProviders(jwt: readonly JwtAuthenticatorConfiguration[]): void;
  close(): Promise<void>;
}

/** Of service account tokens, when nothing else is said. */
export const ISSUER = 'https://kubernetes.default.svc';
const EVERYBODY: AuthenticationSettings = { jwt: [], algorithms: [], anonymous: { enabled: true } };

/** Makes what a new cluster has, if it is not there, and answers when the API may be asked. */
export async function createApi(options: ApiOptions): Promise<RunningApi> {
  const { registry, store, clock = systemClock, log = () => undefined } = options;
  const issuer = options.issuer ?? ISSUER;
  const ranges = new ServiceRanges(store, new IpRange(options.serviceCidr ?? '10.96.0.0/16'));
  const tokens = new ServiceAccountTokens(options.serviceAccountKeys, issuer, store, clock);
  const authorizer = new Authorizer(store, options.rbac ?? true);
  const standing = new Standing(store, authorizer, clock, log);
  let markUsed: (secret: Stored) => void = () => undefined;
  const legacyTokens = new LegacyTokens(options.serviceAccountKeys, store, (secret) => markUsed(secret));
  const destinations = new Destinations(ranges);
  const core: Core = {
    registry,
    store,
    clock,
    tokens,
    legacyTokens,
    auditor: options.auditor ?? noAudit,
    webhooks: options.webhooks ?? metricsOf(ADMISSION),
    validation: options.validationThread && new ValidationThread(options.validationThread),
    authenticator: new Authenticator(
      parseStaticTokens(options.staticTokens ?? ''),
      tokens,
      legacyTokens,
      options.authentication ?? EVERYBODY,
      clock,
      log,
    ),
    authorizer,
    standing,
    admission: createChain(enabledPlugins(options.admissionPlugins ?? { enable: [], disable: [] })),
    destinations,
    conversions: new Conversions({ store, destinations }),
    openStreams: new OpenStreams(),
    bodies: new BodyBytes(),
    services: new ServiceAllocation(store, registry, clock, ranges, options.nodePortRange ?? NODE_PORTS),
    logs: options.logs && new Logs(options.logs, { store, authorizer, clock, log }),
    log,
  };
  await store.fresh();
  const serviceCidr = await keepDefaultServiceCidr(core);
  await bootstrap(core);
  await repairAllocations(store, registry, clock);
  const tokenSecrets = followTokenSecrets(core, options.clientCA);
  markUsed = (secret) => tokenSecrets.used(secret);
  const definitions = await followDefinitions(core);
  const followers: { stop(): void }[] = [serviceCidr, definitions, tokenSecrets];
  if (options.tracksLegacyTokens ?? true) followers.push(await trackLegacyTokens(core));
  if (options.clientCA && options.clientCAKey) {
    followers.push(followCertificateRequests(core, { cert: options.clientCA, key: options.clientCAKey }));
  }
  if (options.clientCA && options.frontProxyCA) {
    followers.push(
      await publishTrust(core, {
        clientCA: `${options.clientCA}\n${options.otherClientCAs ?? ''}`,
        frontProxyCA: options.frontProxyCA,
      }),
    );
  }
  core.logs?.start();
  return {
    ...verbs(core),
    noteDefinition: (definition, fault) => definitions.note(definition, fault),
    issuer,
    jwks: () => tokens.jwks(),
    useProviders: (jwt) => core.authenticator.useProviders(jwt),
    listensAt: (address, port) => core.destinations.listensAt(address, port),
    advertise: (address, port) => advertise(core, address, port),
    async close() {
      await core.logs?.close();
      for (const follower of followers) follower.stop();
      core.validation?.close();
      standing.close();
      authorizer.close();
    },
  };
}
