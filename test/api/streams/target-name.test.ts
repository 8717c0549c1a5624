import { describe, expect, test } from 'vitest';
import { parseTargetName, portNumber } from '../../../src/api/streams/target-name.ts';
import { StatusError } from '../../../src/meta/status.ts';

const code = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error instanceof StatusError ? error.code : error;
  }
};

describe('the name of a target', () => {
  test.each([
    ['web', '', 'web', ''],
    ['web:80', '', 'web', '80'],
    ['web:http', '', 'web', 'http'],
    ['web:', '', 'web', ''],
    ['https:web:8443', 'https', 'web', '8443'],
    ['http:web:metrics-port', 'http', 'web', 'metrics-port'],
    ['https:web:', 'https', 'web', ''],
    [':web:80', '', 'web', '80'],
    ['web.example', '', 'web.example', ''],
    // by these no port and no object is found
    ['web:0x50', '', 'web', '0x50'],
    ['https://evil:80', 'https', '//evil', '80'],
  ])('%s', (text, scheme, name, port) => {
    expect(parseTargetName(text, 'pod')).toEqual({ scheme, name, port });
  });

  test.each([
    'web:1@127.0.0.1',
    'web:80/',
    'web:80/../..',
    'web:80?a=b',
    'web:80#a',
    'web:80\\evil',
    'web:80%2f',
    'web: 80',
    'web:80\t',
    'web:+80',
    'web:-1',
    'web:8_0',
    'web:1.5',
    'web:HTTP',
    'web:a.b',
    'http:web:80:81',
    'ftp:web:80',
    'HTTPS:web:80',
    'a:b:c:d',
    ':80',
    '',
    '::',
    'https::443',
    '[::1]:80',
    'user:password@host:80',
  ])('refuses %s', (text) => {
    expect(code(() => parseTargetName(text, 'pod'))).toBe(400);
  });

  test('says what is invalid', () => {
    expect(() => parseTargetName('web:1@127.0.0.1', 'service')).toThrow('invalid service request "web:1@127.0.0.1"');
  });
});

test.each([
  ['1', 1],
  ['80', 80],
  ['080', 80],
  ['65535', 65535],
  ['http', undefined],
  ['', undefined],
  ['0', 400],
  ['65536', 400],
  ['99999999999999999999', 400],
])('the number of port %j', (text, wanted) => {
  expect(code(() => portNumber(text))).toBe(wanted);
});
