import type { Duplex } from 'node:stream';

/** Opens a connection to a port of the pod; the error's message goes to the client. */
export type DialPort = (port: number) => Promise<Duplex>;

/** A port as digits; undefined for what is none. */
export const parsePort = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535 ? Number(text) : undefined;
