import { describe, expect, test } from 'vitest';
import { optionsOf } from '../../../src/nodes/server/container-logs.ts';
import { parseKubeletPath, pathOf, portsOf } from '../../../src/nodes/server/router.ts';

describe('a path of the kubelet', () => {
  test.each([
    [
      '/containerLogs/t/web/c?follow=true',
      { verb: 'containerLogs', namespace: 't', pod: 'web', uid: '', container: 'c' },
    ],
    ['/exec/t/web/c', { verb: 'exec', namespace: 't', pod: 'web', uid: '', container: 'c' }],
    ['/exec/t/web/u-1/c', { verb: 'exec', namespace: 't', pod: 'web', uid: 'u-1', container: 'c' }],
    ['/attach/t/web/c', { verb: 'attach', namespace: 't', pod: 'web', uid: '', container: 'c' }],
    ['/portForward/t/web', { verb: 'portForward', namespace: 't', pod: 'web', uid: '', container: '' }],
    ['/portForward/t/web/u-1', { verb: 'portForward', namespace: 't', pod: 'web', uid: 'u-1', container: '' }],
    ['/exec/t/web/a%2Fb', { verb: 'exec', namespace: 't', pod: 'web', uid: '', container: 'a/b' }],
  ])('%s', (url, wanted) => {
    expect(parseKubeletPath(url)).toMatchObject(wanted);
  });

  test.each([
    '',
    '/',
    '//',
    '//host/exec/t/web/c',
    '/exec',
    '/exec/t',
    '/exec/t/web',
    '/exec/t/web/',
    '/exec/t//c',
    '/exec/t/web/u/c/d',
    '/exec/t/%zz/c',
    '/exec/%/web/c',
    '/containerLogs/t/web/u/c',
    '/portForward/t/web/u/c',
    '/Exec/t/web/c',
    '/run/t/web/c',
    '/constructor/t/web/c',
    '/__proto__/t/web/c',
    'http://host/exec/t/web/c',
    '*',
  ])('is none: %j', (url) => {
    expect(parseKubeletPath(url)).toBeUndefined();
  });

  test('without its query', () => {
    expect(['/pods?a=/b', '/pods', '*', undefined, 'http://x/pods'].map(pathOf)).toEqual([
      '/pods',
      '/pods',
      '',
      '',
      '',
    ]);
    expect(parseKubeletPath('/exec/t/web/c?command=a&command=b')?.query.getAll('command')).toEqual(['a', 'b']);
  });
});

test.each([
  ['port=80', [80]],
  ['port=80&port=443', [80, 443]],
  ['ports=80,443', [80, 443]],
  ['port=65535', [65535]],
  ['', []],
  ['port=', undefined],
  ['port=0', undefined],
  ['port=65536', undefined],
  ['port=99999', undefined],
  ['port=-1', undefined],
  ['port=1.5', undefined],
  ['port=1e3', undefined],
  ['port=0x50', undefined],
  ['port=NaN', undefined],
  ['port=80,', undefined],
  ['port=80@host', undefined],
])('ports of %s', (query, ports) => {
  const read = () => portsOf(new URLSearchParams(query));
  if (ports) expect(read()).toEqual(ports);
  else expect(read).toThrow(/^unable to parse ".*" as a port$/);
});

test.each([
  ['', {}],
  ['tailLines=0', { tailLines: 0 }],
  ['limitBytes=1&stream=Stderr', { limitBytes: 1, stream: 'Stderr' }],
  ['sinceSeconds=1', { sinceTime: 9000 }],
  ['sinceTime=1970-01-01T00:00:05Z', { sinceTime: 5000 }],
  ['tailLines=', undefined],
  ['tailLines=-1', undefined],
  ['tailLines=many', undefined],
  ['tailLines=1e400', undefined],
  ['limitBytes=0', undefined],
  ['limitBytes=1.5', undefined],
  ['sinceSeconds=x', undefined],
  ['sinceTime=yesterday', undefined],
  ['stream=../../etc', undefined],
])('options of a log: %s', (query, wanted) => {
  const options = optionsOf(new URLSearchParams(query), 10_000);
  if (wanted) expect(options).toMatchObject(wanted);
  else expect(options).toBeUndefined();
});
