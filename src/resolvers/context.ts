import type { Api, RequestContext } from '../api/contract.ts';
import { Snapshot } from './snapshot.ts';
import type { Subscription } from './subscription.ts';

/** What every resolver gets: the caller, the API, and one snapshot that all relations of the operation read. */
export interface OperationContext {
  api: Api;
  request: RequestContext;
  snapshot: Snapshot;
  /**
   * The value of an argument, for the pipeline, which fills in its object. In process it comes by reference, and a
   * variable may be that of several fields: then it is a copy.
   */
  own<T>(value: T): T;
  /** where a subscription's field puts its events; undefined in a query or mutation */
  subscription?: Subscription;
}

/** @param owned variables were read off a wire, and the operation has one field that uses them: there is nobody to copy them for */
export const createContext = (api: Api, request: RequestContext, owned = false): OperationContext => ({
  api,
  request,
  snapshot: new Snapshot(api, request),
  own: owned ? asIs : copied,
});

const copied = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
/** A literal of the document has no prototype, and may have variables in it. */
const asIs = <T>(value: T): T => (Object.getPrototypeOf(value) === Object.prototype ? value : copied(value));
