import type { Headers } from './headers.ts';
import type { HeaderChange, Limits } from './route.ts';

/** A request as it goes to one endpoint. */
export interface Outgoing {
  /** checked: in canonical text */
  address: string;
  port: number;
  /** with its query */
  path: string;
  /** `host` among them */
  headers: Headers;
  limits: Limits;
  responseChange?: HeaderChange | undefined;
}

/** How far a request has come, of which follows what is done when it fails. */
export interface Attempt {
  connected: boolean;
  /** over a connection that others have used before: it may have been closed meanwhile */
  reused: boolean;
  answered: boolean;
  timedOut: boolean;
}
export const newAttempt = (): Attempt => ({ connected: false, reused: false, answered: false, timedOut: false });

/** A body had no length, and is more than its Ingress takes. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
  constructor() {
    super('the body is too large');
  }
}
