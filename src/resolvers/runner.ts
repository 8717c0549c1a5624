import type { OperationRequest } from './engine.ts';
import type { JsonText } from './json-text.ts';

/** An operation as it comes from outside; `extensions` may say whom it acts for (identity.ts). */
export type OutsideRequest = OperationRequest & { extensions?: unknown };

/** What a transport runs operations with. But for `admit` nothing throws: whatever goes wrong is in the result. */
export interface Runner<Caller> {
  /** Resolves when operations that come together may run, with what frees their seats; throws 429. A subscription sees to it itself. */
  admit(requests: readonly OutsideRequest[], caller: Caller): Promise<() => void>;
  execute(request: OutsideRequest, caller: Caller): Promise<JsonText>;
  /** throws only when it was read too slowly */
  subscribe(request: OutsideRequest, caller: Caller): AsyncIterableIterator<JsonText>;
}

/** Runs `run` when there are seats for the operations. Throws 429. */
export async function whenAdmitted<Caller, T>(
  runner: Runner<Caller>,
  requests: readonly OutsideRequest[],
  caller: Caller,
  run: () => Promise<T>,
): Promise<T> {
  const release = await runner.admit(requests, caller);
  try {
    return await run();
  } finally {
    release();
  }
}
