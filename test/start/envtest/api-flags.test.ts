import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { API_FLAGS, etcdOf, parseApiFlags, startArguments } from '../../../src/start/envtest/api-flags.ts';
import { flagUsage } from '../../../src/start/envtest/go-flags.ts';
import { parseOptions } from '../../../src/start/options.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ku7s-api-flags-'));
afterAll(() => rmSync(folder, { recursive: true }));
const argumentsOf = (argv: string[], env: NodeJS.ProcessEnv = {}) => startArguments(parseApiFlags(argv), '/data', env);

describe('flags of kube-apiserver', () => {
  test.each<[string[], string[]]>([
    [['--secure-port=4000'], ['--secure-port=4000']],
    [['--secure-port', '4000'], ['--secure-port=4000']],
    [['--allow-privileged', '--secure-port=1'], ['--secure-port=1']],
    [
      ['--disable-admission-plugins=A', '--disable-admission-plugins=B'],
      ['A', 'B'].map((p) => `--disable-admission-plugins=${p}`),
    ],
    [['--feature-gates=A=true,B=false', '--v=4'], []],
    [['--anonymous-auth=false'], ['--anonymous-auth=false']],
    [['--service-account-issuer=https://127.0.0.1:1/'], ['--service-account-issuer=https://127.0.0.1:1/']],
  ])('%j become %j', (argv, expected) => {
    expect(argumentsOf(argv)).toEqual([...argumentsOf([]), ...expected]);
  });

  test.each<[string[], string]>([
    [['--insecure-port=0'], 'unknown flag: --insecure-port'],
    [['--nodes=process:1'], 'unknown flag: --nodes'],
    [['--secure-port'], 'flag needs an argument: --secure-port'],
    [['secure-port'], 'unexpected argument "secure-port"'],
  ])('%j are refused: %s', (argv, message) => {
    expect(() => parseApiFlags(argv)).toThrow(message);
  });

  test.each([
    [['--etcd-servers=http://127.0.0.1:1'], 'http://127.0.0.1:1'],
    [['--etcd-servers=http://a:1,http://b:1'], 'http://a:1'],
    [[], undefined],
  ])('%j name the etcd %s', (argv, url) => {
    expect(etcdOf(parseApiFlags(argv))).toBe(url);
  });

  test('types of GraphQL are made ahead only for the loops', () => {
    expect(argumentsOf([])).toContain('--graphql-schema=use');
    expect(argumentsOf([], { KU7S_CONTROLLERS: '1' })).not.toContain('--graphql-schema=use');
  });

  test('a certificate in --cert-dir is the one that is shown', () => {
    const shown = ['--tls-cert-file', '--tls-private-key-file'];
    const given = () =>
      argumentsOf([`--cert-dir=${folder}`]).filter((word) => shown.includes(word.split('=')[0] ?? ''));
    expect(given()).toEqual([]);
    writeFileSync(path.join(folder, 'apiserver.crt'), '');
    expect(given()).toEqual([
      `--tls-cert-file=${folder}/apiserver.crt`,
      `--tls-private-key-file=${folder}/apiserver.key`,
    ]);
  });

  test.each([
    [{}, ['api']],
    [{ KU7S_CONTROLLERS: '0' }, ['api']],
    [{ KU7S_CONTROLLERS: '1' }, ['api', 'controllers', 'scheduler', 'nodes']],
  ])('with %j the roles are %j', (env, roles) => {
    const options = parseOptions(argumentsOf(['--secure-port=0'], env), {}, '1');
    expect(options).toMatchObject({ data: '/data', durable: false, addons: [], roles: new Set(roles) });
  });

  test('are told by --help, one a line, without those that kube-apiserver has no more', () => {
    const usage = flagUsage('kube-apiserver', API_FLAGS);
    expect(usage).toMatch(/^\s*--etcd-servers\b/m);
    expect(usage).not.toMatch(/^\s*--insecure-port\b/m);
  });
});
