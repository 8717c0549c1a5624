import { expect, test } from 'vitest';
import { inProxy } from '../../../src/rest/streams/location.ts';

const page = { host: '10.1.2.3:8080', askedHost: 'api.example:6443', base: '/api/v1/namespaces/t/pods/web/proxy' };

test.each([
  ['/login', `${page.base}/login`],
  ['/login?x=1#y', `${page.base}/login?x=1#y`],
  ['/', `${page.base}/`],
  ['http://10.1.2.3:8080/a', `${page.base}/a`],
  ['//10.1.2.3:8080/a', `${page.base}/a`],
  ['https://api.example:6443/a', `https://api.example:6443${page.base}/a`],
  [`${page.base}/a`, `${page.base}/a`],
  ['next', 'next'],
  ['../up', '../up'],
  ['?x=1', '?x=1'],
  ['https://elsewhere.example/a', 'https://elsewhere.example/a'],
  ['//elsewhere.example/a', '//elsewhere.example/a'],
  ['http://10.1.2.3:9999/a', 'http://10.1.2.3:9999/a'],
  ['http://[broken', 'http://[broken'],
  ['javascript:alert(1)', 'javascript:alert(1)'],
])('%s becomes %s', (location, wanted) => {
  expect(inProxy(location, page)).toBe(wanted);
});
