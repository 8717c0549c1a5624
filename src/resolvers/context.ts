import type { GraphQLResolveInfo } from 'graphql';
import type { Api, RequestContext } from '../api/contract.ts';
import type { Dialer } from '../api/streams/dialer.ts';
import type { OpenStreams } from '../api/streams/open-streams.ts';
import { cloneJson } from '../meta/clone.ts';
import type { Budget } from './budget.ts';
import type { JsonText } from './json-text.ts';
import type { LiveViews } from './live/live-views.ts';
import type { Subscription } from './live/subscription.ts';
import type { Reading } from './relations/reading.ts';
import { Snapshot } from './relations/snapshot.ts';
import { Snapshots, type FieldPlace } from './relations/snapshots.ts';

/** What every resolver gets: the caller, the API, and one snapshot for all that is below one root field. */
export interface OperationContext {
  api: Api;
  /** undefined: nothing is dialled from here */
  dialer: Dialer | undefined;
  /** those that run in containers for operations, which are not many at once */
  commands: OpenStreams;
  request: RequestContext;
  /** the state that a root field and all relations below it read; the place is that of any of them */
  snapshotOf(info: FieldPlace): Snapshot;
  /** what it may still take, and its pace */
  budget: Budget;
  /**
   * The value of an argument, for the pipeline, which fills in its object. In process it comes by reference, and a
   * variable may be that of several fields: then it is a copy.
   */
  own<T>(value: T): T;
  /** of a subscription; undefined in a query or mutation */
  subscribing?: Subscribing;
}

/** What the field of a subscription works with. */
export interface Subscribing {
  /** where it puts its events */
  readonly subscription: Subscription;
  /** what live queries share */
  readonly views: LiveViews;
  /** equal for those who may see the same, as the same kinds */
  readonly rights: string;
  /** makes the document's payload of what a live field tells */
  render(payload: object, within?: OperationContext): JsonText | undefined | Promise<JsonText | undefined>;
}

/** A field's value as graphql-js goes on with it. */
export const counted = (value: unknown, { budget }: OperationContext, info: GraphQLResolveInfo): unknown =>
  Array.isArray(value) ? budget.items(value as unknown[], info) : value;

/**
 * @param owned variables were read off a wire, and the operation has one field that uses them: there is nobody to copy them for
 * @param reading how relations are read
 */
export function createContext(
  { api, dialer, commands }: Pick<OperationContext, 'api' | 'dialer' | 'commands'>,
  request: RequestContext,
  budget: Budget,
  owned = false,
  reading?: Reading,
): OperationContext {
  const snapshots = new Snapshots(() => new Snapshot(api, request, budget, reading));
  return {
    api,
    dialer,
    commands,
    request,
    snapshotOf: (info) => snapshots.of(info),
    budget,
    own: owned ? asIs : copied,
  };
}

const copied = <T>(value: T): T => cloneJson(value);
/** A literal of the document has no prototype, and may have variables in it. */
const asIs = <T>(value: T): T => (Object.getPrototypeOf(value) === Object.prototype ? value : copied(value));
