import { isStatusError } from '../meta/status.ts';

/** Whether a create was refused because its namespace is going away: all others will be too, and nobody need be told. */
export const isNamespaceTerminating = (error: unknown): boolean =>
  isStatusError(error) && !!error.status.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating');
