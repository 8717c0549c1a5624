import type { Duplex } from 'node:stream';

/** Opens a connection to a port of the pod; the error's message goes to the client. */
export type DialPort = (port: number) => Promise<Duplex>;
