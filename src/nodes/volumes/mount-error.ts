/** A volume could not be set up; told as event FailedMount. */
export class MountError extends Error {}
