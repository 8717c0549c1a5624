import { Connection } from './connection.ts';

const { host, protocol } = globalThis.location;

/** The socket that all subscriptions of the page share. */
export const connection = new Connection(`${protocol === 'http:' ? 'ws' : 'wss'}://${host}/graphql`);
