import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ADMIN, RightsServer } from './rights/support.ts';

let server: RightsServer;
beforeAll(async () => {
  server = await RightsServer.open();
});
afterAll(() => server.close());

const QUERY = `?query=${encodeURIComponent('{ __typename }')}`;

test.each([
  ['/graphql', 200],
  ['/graphql/', 200],
  ['/graphql/x', 404],
  ['/graphql/graphql', 404],
  ['/graphqlx', 404],
])('an operation at %s is answered %i', async (path, code) => {
  const answer = await server.get(path + QUERY, ADMIN);
  answer.resume();
  expect(answer.statusCode).toBe(code);
});

test('and a WebSocket is opened there alone', async () => {
  const open = (path: string): WebSocket =>
    new WebSocket(`wss://127.0.0.1:${server.port}${path}`, 'graphql-transport-ws', {
      ca: server.ca,
      headers: ADMIN.headers,
    });
  const socket = open('/graphql');
  await once(socket, 'open');
  socket.terminate();
  const [error] = (await once(open('/graphql/x'), 'error')) as [Error];
  expect(error.message).toContain('404');
});
