import { expect, test } from 'vitest';
import { answerHeaders, requestHeaders, upgradeHeaders } from '../../../src/rest/streams/headers.ts';

test.each<[string, Record<string, string>, Record<string, string>]>([
  ['what is end to end goes on', { accept: 'a', 'x-own': 'b', host: 'h' }, { accept: 'a', 'x-own': 'b', host: 'h' }],
  [
    'who the caller is stays here',
    { authorization: 'Bearer t', 'proxy-authorization': 'x', accept: 'a' },
    { accept: 'a' },
  ],
  ['nobody acts for another', { 'impersonate-user': 'a', 'impersonate-extra-x': 'b', impersonate_group: 'c' }, {}],
  [
    'nobody is somebody else',
    { 'x-remote-user': 'a', 'x-remote-group': 'b', x_remote_user: 'c', 'x-remote_uid': 'd' },
    {},
  ],
  [
    'between neighbours',
    { te: 'trailers', trailer: 'x', 'keep-alive': '1', upgrade: 'h2c', 'http2-settings': 'x' },
    {},
  ],
  [
    'what Connection names',
    { connection: 'close, X-Own , Content-Length', 'x-own': 'a', accept: 'b' },
    { accept: 'b' },
  ],
  ['the frame is made anew', { 'content-length': '5', 'transfer-encoding': 'chunked', expect: '100-continue' }, {}],
  ['of HTTP/2', { ':path': '/', ':authority': 'h' }, {}],
  ['other cookies', { cookie: 'a=1; __Host-ku7s_session=secret; b=2' }, { cookie: 'a=1; b=2' }],
  ['our cookie first', { cookie: '__Host-ku7s_session=secret; b=2' }, { cookie: 'b=2' }],
  ['our cookie of a sign-in', { cookie: 'a=1; __Host-ku7s_login=secret' }, { cookie: 'a=1' }],
  ['our cookie alone', { cookie: '__Host-ku7s_session=secret' }, {}],
  ['a cookie that looks like ours', { cookie: '__Host-ku7s_session_x=1' }, { cookie: '__Host-ku7s_session_x=1' }],
  ['cookies that Connection names', { connection: 'cookie', cookie: 'a=1' }, {}],
])('of a request: %s', (_why, headers, wanted) => {
  expect(requestHeaders(headers)).toEqual(wanted);
});

test('an upgrade keeps the two headers that are it', () => {
  const headers = {
    connection: 'keep-alive, Upgrade, x-a',
    upgrade: 'websocket',
    'x-a': '1',
    authorization: 'Bearer t',
  };
  expect(upgradeHeaders(headers)).toEqual({ connection: 'Upgrade', upgrade: 'websocket' });
});

test.each<[string, Record<string, string | string[]>, Record<string, string | string[]>]>([
  [
    'goes on',
    { 'content-type': 'a', 'content-length': '5', etag: 'b' },
    { 'content-type': 'a', 'content-length': '5', etag: 'b' },
  ],
  [
    'between neighbours',
    { connection: 'close, x-a', 'x-a': '1', 'transfer-encoding': 'chunked', 'keep-alive': '5' },
    {},
  ],
  ['cookies of the target', { 'set-cookie': ['a=1; Path=/', 'b=2'] }, { 'set-cookie': ['a=1; Path=/', 'b=2'] }],
  ['not ours', { 'set-cookie': ['__Host-ku7s_session=forged; Path=/', 'b=2'] }, { 'set-cookie': ['b=2'] }],
  ['only ours', { 'set-cookie': [' __Host-ku7s_session=forged'] }, {}],
  [
    'to whom this server answers',
    { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true' },
    {},
  ],
  ['scripts that would rule all pages', { 'service-worker-allowed': '/' }, {}],
  [
    'what a browser would keep of this server',
    { 'strict-transport-security': 'a', 'alt-svc': 'b', nel: 'c', 'report-to': 'd', 'clear-site-data': '"*"' },
    {},
  ],
])('of an answer: %s', (_why, headers, wanted) => {
  expect(answerHeaders(headers)).toEqual(wanted);
});
