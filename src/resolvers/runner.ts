import type { OperationRequest } from './engine.ts';
import type { JsonText } from './json-text.ts';

/** An operation as it comes from outside; `extensions` may say whom it acts for (identity.ts). */
export type OutsideRequest = OperationRequest & { extensions?: unknown };

/** What a transport runs operations with. Never throws: whatever goes wrong is in the result. */
export interface Runner<Caller> {
  execute(request: OutsideRequest, caller: Caller): Promise<JsonText>;
  /** throws only when it was read too slowly */
  subscribe(request: OutsideRequest, caller: Caller): AsyncIterableIterator<JsonText>;
}
