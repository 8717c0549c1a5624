/** A mistake on the command line or in the surroundings: one line for the user, exit code 1. */
export class StartError extends Error {
  override name = 'StartError';
}
