import { describe, expect, test } from 'vitest';
import { Keyring } from '../../../../src/nodes/images/credentials/keyring.ts';

const names = (locations: readonly string[], repository: string): string[] => {
  const ring = new Keyring();
  ring.add(locations.map((location) => ({ location, username: location, password: 'p' })));
  return ring.lookup(repository).map(({ credential }) => credential.username ?? '');
};

// pkg/credentialprovider: which entries fit, and in which order they are tried
describe('a location fits', () => {
  test.each([
    ['example.com', 'example.com/app', true],
    ['https://example.com', 'example.com/app', true],
    ['http://example.com/v1/', 'example.com/app', true],
    ['https://example.com/v2/', 'example.com/app', true],
    ['example.com/v2/team', 'example.com/team/app', true],
    ['example.com/team', 'example.com/team/app', true],
    ['example.com/te', 'example.com/team/app', true],
    ['example.com/other', 'example.com/team/app', false],
    ['example.com:5000', 'example.com:5000/app', true],
    ['example.com:5000', 'example.com/app', false],
    ['example.com', 'example.com:5000/app', false],
    ['*.example.com', 'a.example.com/app', true],
    ['*.example.com', 'a.b.example.com/app', false],
    ['*.example.com', 'example.com/app', false],
    ['*.*.example.com', 'a.b.example.com/app', true],
    ['reg?.example.com', 'reg1.example.com/app', false],
    ['r*1.example.com/team', 'reg1.example.com/team/app', true],
    ['reg[0-9].example.com', 'reg7.example.com/app', true],
    ['reg[^0-9].example.com', 'reg7.example.com/app', false],
    ['*', 'example.com/app', false],
    ['evil.com', 'example.com/evil.com', false],
    ['(a+)+$.com', `${'a'.repeat(40)}.com/x`, false],
    ['https://index.docker.io/v1/', 'docker.io/library/nginx', true],
    ['index.docker.io', 'docker.io/team/app', true],
    ['docker.io', 'docker.io/library/nginx', true],
    ['index.docker.io', 'example.com/library/nginx', false],
    ['', 'example.com/app', false],
  ])('%s for %s: %s', (location, repository, fits) => {
    expect(names([location], repository)).toEqual(fits ? [location] : []);
  });
});

test('the more specific come first, and all that fit are there', () => {
  expect(names(['example.com', 'example.com/team/app', 'example.com/team', '*.com'], 'example.com/team/app')).toEqual([
    'example.com/team/app',
    'example.com/team',
    'example.com',
    '*.com',
  ]);
});

test("Docker Hub's own entry is for what nothing else fits", () => {
  expect(names(['docker.io/team', 'https://index.docker.io/v1/'], 'docker.io/team/app')).toEqual(['docker.io/team']);
});
