import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../../src/nodes/images/catalogue.ts';
import { HostPrograms, isHostProgram } from '../../../src/nodes/images/host-programs.ts';
import { imageCommand } from '../../../src/nodes/images/image-command.ts';
import { imageNames } from '../../../src/nodes/images/image-names.ts';
import { parseReference } from '../../../src/nodes/images/image-reference.ts';

const programs = new HostPrograms();
const DIGEST = `sha256:${'a'.repeat(64)}`;

test('every image of the catalogue says what it runs, under its full name', () => {
  for (const [repository, { entrypoint, cmd }] of Object.entries(CATALOGUE)) {
    expect(parseReference(repository)).toMatchObject({ repository });
    expect([...entrypoint, ...cmd].length).toBeGreaterThan(0);
  }
});

test('a program of the machine says what it is, and has no digest', async () => {
  const image = (await programs.present('busybox:1.36'))!;
  expect(isHostProgram(image)).toBe(true);
  expect(imageNames(image, 'busybox:1.36')).toEqual({
    image: 'docker.io/library/busybox:1.36',
    imageID: 'host:docker.io/library/busybox:1.36',
  });
  expect(image.root).toEqual({ kind: 'host' });
});

test.each(['example.com/any', 'team/nginx', `nginx@${DIGEST}`, 'constructor', 'no name'])(
  'no program stands for %s',
  async (reference) => {
    expect(await programs.present(reference)).toBeUndefined();
    await expect(programs.pull(reference)).rejects.toThrow('no program of this machine stands for');
  },
);

describe('what a container runs', () => {
  const image = { entrypoint: ['/entry'], cmd: ['a', 'b'] };
  test.each([
    [image, {}, ['/entry', 'a', 'b']],
    [image, { args: ['x'] }, ['/entry', 'x']],
    [image, { command: ['sh'] }, ['sh']],
    [image, { command: ['sh'], args: ['-c', 'x'] }, ['sh', '-c', 'x']],
    [image, { command: [], args: [] }, ['/entry', 'a', 'b']],
    [{ entrypoint: [], cmd: ['node'] }, { args: ['-v'] }, ['-v']],
    [{ entrypoint: [], cmd: [] }, {}, []],
  ])('of %j with %j', (config, container, command) => {
    expect(imageCommand(container, config)).toEqual(command);
  });
});
