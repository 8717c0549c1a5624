import type { Registry } from '../kinds/kind.ts';
import type { Store } from '../store/contract.ts';
import type { AdmissionChain } from './admission/plugin.ts';
import type { ServiceAllocation } from './allocation/services.ts';
import type { Conversions } from './conversion/conversions.ts';
import type { Authenticator } from './authentication/authenticator.ts';
import type { LegacyTokens } from './authentication/legacy-tokens.ts';
import type { ServiceAccountTokens } from './authentication/service-account-tokens.ts';
import type { Authorizer } from './authorization/authorizer.ts';
import type { Standing } from './standing/standing.ts';
import type { Destinations } from './streams/destinations.ts';
import type { BodyBytes } from '../rules/http/request-body.ts';
import type { OpenStreams } from './streams/open-streams.ts';
import type { ADMISSION } from '../rules/metrics/families.ts';
import type { MetricsOf } from '../rules/metrics/metrics.ts';
import type { Clock } from '../rules/clock.ts';
import type { Auditor } from './contract.ts';
import type { Logs } from './logs/logs.ts';
import type { ValidationThread } from './validation/thread.ts';

/** What a verb works with. Made once by createApi; holds caches, no state. */
export interface Core {
  readonly registry: Registry;
  /** of a bundle: what its steps write first */
  readonly store: Store;
  /** What is written to `store` is thrown away in the end: the dry run of a bundle. */
  readonly rehearsal?: boolean;
  readonly clock: Clock;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly standing: Standing;
  readonly admission: AdmissionChain;
  readonly services: ServiceAllocation;
  readonly tokens: ServiceAccountTokens;
  readonly legacyTokens: LegacyTokens;
  readonly destinations: Destinations;
  readonly conversions: Conversions;
  readonly openStreams: OpenStreams;
  readonly bodies: BodyBytes;
  readonly auditor: Auditor;
  /** numbers of calls of admission webhooks */
  readonly webhooks: MetricsOf<typeof ADMISSION>;
  /** judges objects of very many values; without it they are judged here */
  readonly validation: ValidationThread | undefined;
  /** undefined: lines are not kept */
  readonly logs: Logs | undefined;
  log(line: string): void;
}
