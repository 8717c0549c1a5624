import type { Kind, Registry } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { ADMISSION } from '../../rules/metrics/families.ts';
import type { MetricsOf } from '../../rules/metrics/metrics.ts';
import type { Store } from '../../store/contract.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { RequestContext, Target } from '../contract.ts';
import type { Destinations } from '../streams/destinations.ts';

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** How others are shown the object of a write, where it is another than the one that is written: the Scale of a Deployment. */
export interface Shown {
  readonly kind: Kind;
  /** of an object of the stored version */
  of(object: KubeObject): KubeObject;
  /** Takes into `object` what others have made of what they were shown. */
  into(object: KubeObject, shown: KubeObject): void;
}

/** One write on its way to the store. Objects are of the stored version. */
export interface AdmissionRequest {
  store: Store;
  destinations: Destinations;
  webhooks: MetricsOf<typeof ADMISSION>;
  registry: Registry;
  authorizer: Authorizer;
  ctx: RequestContext;
  target: Target;
  /** of `object`, where the subresource takes another than the resource's: Eviction, TokenRequest, Binding */
  body?: Kind | undefined;
  shown?: Shown | undefined;
  operation: AdmissionOperation;
  /** what would be written; mutating plugins change it in place. Undefined for a delete. */
  object: KubeObject | undefined;
  /** what is there; shared with the store, not to be changed. Undefined for a create. */
  old: KubeObject | undefined;
  /** nothing will come of it: others must not act on it */
  dryRun: boolean;
  /** whether it is written to `store`; also of a dry run, where that is a bundle's */
  stores: boolean;
  /** RFC 3339, whole seconds */
  now: string;
  /** the request's CreateOptions, PatchOptions … as webhooks are told them */
  options: Record<string, unknown> | undefined;
  /** it is one of a collection, all of which are deleted by one request */
  unnamed?: boolean;
  /** made by the first that changes what others were asked about */
  reinvocation?: Reinvocation | undefined;
}

/** Whether the plugins that change a write are run once more, as others' changes have come after some were asked. */
export interface Reinvocation {
  /** after the first round there is to be a second */
  needed: boolean;
  /** this is the second */
  begun: boolean;
}

/** What an admission plugin is: it may change a write, then it may refuse it, by throwing a StatusError. */
export interface AdmissionPlugin {
  name: string;
  /** whether it has anything to say about this resource and operation; asked once for each and remembered */
  handles(target: Target, operation: AdmissionOperation): boolean;
  admit?(request: AdmissionRequest): void | Promise<void>;
  validate?(request: AdmissionRequest): void | Promise<void>;
}

export interface AdmissionChain {
  admit(request: AdmissionRequest): Promise<void>;
  validate(request: AdmissionRequest): Promise<void>;
}

/** Name for messages: generated names do not exist yet when plugins run. */
export const requestName = (request: AdmissionRequest): string =>
  request.target.name || request.object?.metadata.name || request.object?.metadata.generateName || 'Unknown';

/** The kind of a request's object, as it was sent. */
export const bodyOf = ({ shown, body, target }: AdmissionRequest): Kind => shown?.kind ?? body ?? target.kind;
