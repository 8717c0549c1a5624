import path from 'node:path';
import { expect, test } from 'vitest';
import { whatNext } from '../../src/start/banner.ts';
import { parseOptions } from '../../src/start/options.ts';
import { loopSettings } from '../../src/start/loop-settings.ts';

const options = (...argv: string[]) => {
  const parsed = parseOptions(argv, {}, '1');
  if (typeof parsed === 'string') throw new Error(parsed);
  return parsed;
};

test.each([
  [path.join(process.cwd(), 'x'), 'export KUBECONFIG=x/kubeconfig'],
  ['/elsewhere/data', 'export KUBECONFIG=/elsewhere/data/kubeconfig'],
])('the banner says where the API and the credentials in %s are', (data, line) => {
  const api = { url: 'https://127.0.0.1:6443', loginLink: 'https://127.0.0.1:6443/login?x' };
  const text = whatNext(options('--data', data), api, 1234);
  expect(text).toContain('ku7s is ready at https://127.0.0.1:6443 (api, controllers, scheduler, nodes; 1234 ms)');
  expect(text).toContain(line);
  expect(text).toContain(api.loginLink);
});

test.each([
  ['10.96.0.0/16', '10.96.0.10'],
  ['10.43.0.0/16', '10.43.0.10'],
  ['192.168.7.0/24', '192.168.7.10'],
])('with services in %s pods ask %s for names', (range, dnsIP) => {
  const settings = loopSettings(options('--service-cluster-ip-range', range), 'CA', 'me');
  expect(settings).toMatchObject({ roles: ['controllers', 'scheduler', 'nodes'], ca: 'CA', cluster: { dnsIP } });
  expect(structuredClone(settings)).toEqual(settings);
});
