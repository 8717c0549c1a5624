import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { Sessions } from '../../../src/rest/pages/sessions.ts';

const HOUR = 3600_000;
const session = { user: { name: 'kim', groups: [] }, write: false };
const bearing = (setCookie: string) =>
  ({ headers: { cookie: `other=1; ${setCookie.split(';', 1)[0]}` } }) as IncomingMessage;

test('a link lasts ten minutes, a session twelve hours', () => {
  let now = 0;
  const sessions = new Sessions('a2V5', () => now);
  const late = sessions.link(session);
  now = HOUR / 6;
  expect(sessions.redeem(late)).toBeUndefined();
  const cookie = sessions.cookie(session);
  now += 12 * HOUR - 1;
  expect(sessions.of(bearing(cookie))).toEqual(session);
  now += 1;
  expect(sessions.of(bearing(cookie))).toBeUndefined();
});

test('of a hundred and one links that wait, the oldest is forgotten', () => {
  const sessions = new Sessions('a2V5', () => 0);
  const links = Array.from({ length: 101 }, () => sessions.link(session));
  expect(sessions.redeem(links[0]!)).toBeUndefined();
  expect(sessions.redeem(links[1]!)).toEqual(session);
});

test('a cookie of another key is none', () => {
  const cookie = new Sessions('a2V5').cookie(session);
  expect(new Sessions('b3RoZXI=').of(bearing(cookie))).toBeUndefined();
});
