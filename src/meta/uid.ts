import { randomUUID } from 'node:crypto';

/** metadata.uid: a version 4 UUID. */
export const newUid = (): string => randomUUID();
