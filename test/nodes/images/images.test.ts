import { describe, expect, test } from 'vitest';
import { CATALOGUE, imageId, parseImage } from '../../../src/nodes/images/catalogue.ts';
import { resolveImage } from '../../../src/nodes/images/resolve-image.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test.each([
  ['nginx', 'docker.io/library/nginx:latest', 'docker.io/library/nginx'],
  ['nginx:1.27', 'docker.io/library/nginx:1.27', 'docker.io/library/nginx'],
  ['team/app', 'docker.io/team/app:latest', 'docker.io/team/app'],
  ['localhost/app:1', 'localhost/app:1', 'localhost/app'],
  ['host:5000/app', 'host:5000/app:latest', 'host:5000/app'],
  ['example.com/a/b:v1', 'example.com/a/b:v1', 'example.com/a/b'],
  [`nginx@${DIGEST}`, `docker.io/library/nginx@${DIGEST}`, 'docker.io/library/nginx'],
  [`nginx:1@${DIGEST}`, `docker.io/library/nginx:1@${DIGEST}`, 'docker.io/library/nginx'],
])('%s is %s', (text, name, repository) => {
  expect(parseImage(text)).toMatchObject({ name, repository });
});

test.each(['', 'Nginx', 'a b', 'nginx:', 'nginx@sha256:1', '-x', 'a//b'])('%j is no image', (text) => {
  expect(parseImage(text)).toBeUndefined();
});

test('an image that has a digest is known by it, another by its name', () => {
  expect(imageId(parseImage(`nginx@${DIGEST}`)!)).toBe(`docker.io/library/nginx@${DIGEST}`);
  expect(imageId(parseImage('nginx:1')!)).not.toBe(imageId(parseImage('nginx:2')!));
});

test('every image of the catalogue says what it runs, under its full name', () => {
  for (const [repository, { entrypoint, command }] of Object.entries(CATALOGUE)) {
    expect(parseImage(repository)?.repository).toBe(repository);
    expect([...entrypoint, ...command].length).toBeGreaterThan(0);
  }
});

describe('what a container runs', () => {
  // image node: no entrypoint, command node; image pause: an entrypoint, no command
  test.each([
    ['node', {}, ['node']],
    ['node', { args: ['-v'] }, ['-v']],
    ['node', { command: ['sh'] }, ['sh']],
    ['node', { command: ['sh'], args: ['-c', 'x'] }, ['sh', '-c', 'x']],
    ['registry.k8s.io/pause:3.10', {}, CATALOGUE['registry.k8s.io/pause']!.entrypoint],
    ['registry.k8s.io/pause', { args: ['x'] }, [...CATALOGUE['registry.k8s.io/pause']!.entrypoint, 'x']],
    ['example.com/any', { command: ['run'] }, ['run']],
  ])('of %s with %j', (image, more, command) => {
    expect(resolveImage({ name: 'c', image, ...more }).command).toEqual(command);
  });

  test.each([
    ['Not Valid', {}, 'InvalidImageName', "couldn't parse image name"],
    ['example.com/any', {}, 'ErrImagePull', 'no program is known for this image'],
    [
      'example.com/any',
      { imagePullPolicy: 'Never' as const },
      'ErrImageNeverPull',
      'is not present with pull policy of Never',
    ],
  ])('of %s %j is refused: %s', (image, more, reason, message) => {
    expect(() => resolveImage({ name: 'c', image, ...more })).toThrow(
      expect.objectContaining({ reason, message: expect.stringContaining(message) }),
    );
  });
});
