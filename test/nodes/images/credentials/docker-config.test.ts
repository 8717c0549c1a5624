import { describe, expect, test } from 'vitest';
import type { Secret } from '../../../../schema/types.ts';
import { loginsOfSecret } from '../../../../src/nodes/images/credentials/docker-config.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const auth = base64('jane:pa:ss');
const secret = (type: string, data: Record<string, string>): Secret =>
  ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace: 'a', uid: 'u' },
    type,
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, base64(text)])),
  }) as Secret;
const JSON_TYPE = 'kubernetes.io/dockerconfigjson';
const OLD_TYPE = 'kubernetes.io/dockercfg';

describe('the logins of a secret', () => {
  test.each([
    [JSON_TYPE, '.dockerconfigjson', { auths: { 'r.io': { auth } } }, ['r.io', 'jane', 'pa:ss']],
    [JSON_TYPE, '.dockerconfigjson', { auths: { 'r.io': { username: 'u', password: 'p' } } }, ['r.io', 'u', 'p']],
    [JSON_TYPE, '.dockerconfigjson', { auths: { 'r.io': { username: 'u', auth } } }, ['r.io', 'jane', 'pa:ss']],
    [
      JSON_TYPE,
      '.dockerconfigjson',
      { auths: { 'r.io': { auth: auth.replace(/=+$/, '') } } },
      ['r.io', 'jane', 'pa:ss'],
    ],
    [JSON_TYPE, '.dockerconfigjson', { auths: { 'r.io': { auth: base64('a:b\0\0') } } }, ['r.io', 'a', 'b']],
    [OLD_TYPE, '.dockercfg', { 'r.io': { auth, email: 'e' } }, ['r.io', 'jane', 'pa:ss']],
  ])('%s %s %j', (type, key, config, [location, username, password]) => {
    expect(loginsOfSecret(secret(type, { [key]: JSON.stringify(config) }))).toEqual([{ location, username, password }]);
  });

  test.each([
    [JSON_TYPE, {}],
    [JSON_TYPE, { '.dockerconfigjson': '{}' }],
    ['Opaque', { '.dockerconfigjson': JSON.stringify({ auths: { 'r.io': { auth } } }) }],
  ])('are none: %s %j', (type, data) => {
    expect(loginsOfSecret(secret(type, data))).toEqual([]);
  });

  test.each([
    ['secret-word', 'not a JSON object'],
    ['["secret-word"]', 'not a JSON object'],
    ['{"auths":{"r.io":"secret-word"}}', 'for r.io is not an object'],
    [`{"auths":{"r.io":{"auth":"${base64('secret-word')}"}}}`, 'for r.io is not name:password'],
  ])('that cannot be read are refused without showing them: %s', (text, message) => {
    const read = () => loginsOfSecret(secret(JSON_TYPE, { '.dockerconfigjson': text }));
    expect(read).toThrow(message);
    expect(read).not.toThrow('secret-word');
  });
});
