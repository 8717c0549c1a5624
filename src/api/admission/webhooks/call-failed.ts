/** A webhook could not be asked, or its answer could not be used: its failurePolicy says what comes of it. */
export class CallFailed extends Error {
  /** @param code that metrics tell of it */
  constructor(
    message: string,
    readonly code = 503,
  ) {
    super(message);
  }
}
