import { createHash } from 'node:crypto';

/** By which a token is found again that is kept nowhere: who reads it can use none. */
export const tokenDigest = (token: string): string => createHash('sha256').update(token).digest('hex');
