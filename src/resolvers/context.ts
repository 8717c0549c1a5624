import type { Api, RequestContext } from '../api/contract.ts';
import { Snapshot } from './snapshot.ts';

/** What every resolver gets: the caller, the API, and one snapshot that all relations of the operation read. */
export interface OperationContext {
  api: Api;
  request: RequestContext;
  snapshot: Snapshot;
}

export function createContext(api: Api, request: RequestContext): OperationContext {
  return { api, request, snapshot: new Snapshot(api, request.user) };
}
