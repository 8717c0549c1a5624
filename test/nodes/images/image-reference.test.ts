import { describe, expect, test } from 'vitest';
import { parseReference } from '../../../src/nodes/images/image-reference.ts';

const HEX = 'a'.repeat(64);
const DIGEST = `sha256:${HEX}`;

// what github.com/distribution/reference says of each
describe('a reference is written in full', () => {
  test.each([
    ['nginx', 'docker.io/library/nginx:latest', 'docker.io/library/nginx'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27', 'docker.io/library/nginx'],
    ['docker.io/nginx', 'docker.io/library/nginx:latest', 'docker.io/library/nginx'],
    ['index.docker.io/a/b', 'docker.io/a/b:latest', 'docker.io/a/b'],
    ['team/app', 'docker.io/team/app:latest', 'docker.io/team/app'],
    ['localhost/app:1', 'localhost/app:1', 'localhost/app'],
    ['host:5000/app', 'host:5000/app:latest', 'host:5000/app'],
    ['[::1]:5000/a', '[::1]:5000/a:latest', '[::1]:5000/a'],
    ['HOST/a', 'HOST/a:latest', 'HOST/a'],
    ['example.com/a/b:v1', 'example.com/a/b:v1', 'example.com/a/b'],
    ['a.b', 'docker.io/library/a.b:latest', 'docker.io/library/a.b'],
    ['a__b', 'docker.io/library/a__b:latest', 'docker.io/library/a__b'],
    ['a---b', 'docker.io/library/a---b:latest', 'docker.io/library/a---b'],
    [`x:${'t'.repeat(128)}`, `docker.io/library/x:${'t'.repeat(128)}`, 'docker.io/library/x'],
    [`nginx@${DIGEST}`, `docker.io/library/nginx@${DIGEST}`, 'docker.io/library/nginx'],
    [`nginx:1@${DIGEST}`, `docker.io/library/nginx@${DIGEST}`, 'docker.io/library/nginx'],
  ])('%s', (text, name, repository) => {
    expect(parseReference(text)).toMatchObject({ name, repository });
  });
});

const MALFORMED = 'invalid reference format';
describe('what is no reference is told why', () => {
  test.each([
    ['', MALFORMED],
    ['Nginx', `${MALFORMED}: repository name (library/Nginx) must be lowercase`],
    ['a/B', `${MALFORMED}: repository name (a/B) must be lowercase`],
    ['Host.com/A', `${MALFORMED}: repository name (A) must be lowercase`],
    ['a b', MALFORMED],
    ['nginx:', MALFORMED],
    ['-x', MALFORMED],
    ['-a.com/x', MALFORMED],
    ['a:80x/b', MALFORMED],
    ['a//b', MALFORMED],
    ['a..b', MALFORMED],
    ['a___b', MALFORMED],
    ['docker.io/', MALFORMED],
    ['../../etc/passwd', MALFORMED],
    ['é', MALFORMED],
    [`x:${'t'.repeat(129)}`, MALFORMED],
    ['nginx@sha256:1', MALFORMED],
    [`nginx@md5:${'a'.repeat(32)}`, 'unsupported digest algorithm'],
    [`nginx@sha256:${HEX.toUpperCase()}`, 'invalid checksum digest format'],
    ['a'.repeat(256), 'repository name must not be more than 255 characters'],
    [HEX, `invalid repository name (${HEX}), cannot specify 64-byte hexadecimal strings`],
  ])('%s', (text, why) => {
    expect(parseReference(text)).toBe(why);
  });
});
