import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BindMount } from '../../../src/nodes/runtimes/runtime.ts';
import { archive, type ArchiveEntry } from '../../support/image-archive.ts';
import { Inside, SECRET } from './inside.ts';

/** Processes that a pod may have here. */
const MOST = 40;
const scratch = mkdtempSync(path.join(tmpdir(), 'ku7s-attacks-'));
let world: Inside;
beforeAll(() => void (world = new Inside({ podPids: MOST })));
afterAll(async () => {
  await world.close();
  rmSync(scratch, { recursive: true, force: true });
});

/** Begins what stays, as many as it gets, and tells how many; each that it got tries the same. */
const BOMB = String.raw`perl -e '
  $SIG{CHLD} = "IGNORE";
  my $got = 0;
  for (1 .. 10 * ${MOST}) { my $made = fork; last unless defined $made; if (!$made) { 1 while fork; sleep 1000; exit } $got++ }
  print "began $got\n"; kill 9, -1'`;

describe.each([
  ['a container', false],
  ['a command beside it', true],
])('%s', (_, beside) => {
  beforeEach(({ skip }) => skip(!world.can.rootView, world.can.missing));

  it('begins no more processes than its pod may have, while others go on', async ({ skip }) => {
    skip(!world.limitsProcesses, 'nothing limits processes here');
    const [bomb, other] = await Promise.all([world.run(BOMB, { beside }), world.run('sleep 0.1 && echo fine')]);
    expect(Number(/began (\d+)/.exec(bomb.out)?.[1]), bomb.out).toBeLessThan(MOST);
    expect(other.out).toBe('fine\n');
    // and is gone with its pod: the next one has all its processes
    const next = await world.run('for n in 1 2 3 4 5 6 7 8 9 10; do sleep 0 & done; wait; echo done', { beside });
    expect(next.out).toBe('done\n');
  });

  it('cannot give itself more of them', async ({ skip }) => {
    skip(world.can.root, 'it is a cgroup that holds it');
    const raise = `perl -e 'my $l = pack("QQ", 100000, 100000); exit(syscall(302, 0, 6, $l, 0) == -1 ? 0 : 1)'`;
    expect(await world.run(raise, { beside })).toMatchObject({ code: 0 });
  });
});

describe('what kubectl cp brings in', () => {
  beforeEach(({ skip }) => skip(!world.can.rootView, world.can.missing));
  const WRITTEN = 'written by an archive';
  const file = (name: string): ArchiveEntry => ({ name, content: WRITTEN });
  const link = (name: string, linkname: string, type: 'symlink' | 'link' = 'symlink'): ArchiveEntry => ({
    name,
    type,
    linkname,
  });
  const outside = (name: string): string => path.join(scratch, name);
  const up = '../'.repeat(30);

  /** Unpacked as kubectl has it done, by a command beside the container, and with every caution of tar off. */
  it.each<[string, (target: string) => ArchiveEntry[]]>([
    ['parts that lead up', (target) => [file(`${up}${target.slice(1)}`)]],
    ['absolute names', (target) => [file(target)]],
    [
      'a link out of its folder, and a file below it',
      (target) => [link('out', path.dirname(target)), file(`out/${path.basename(target)}`)],
    ],
    [
      'a link that leads up, and a file below it',
      (target) => [link('out', `${up}${path.dirname(target).slice(1)}`), file(`out/${path.basename(target)}`)],
    ],
    [
      'a link in its volume, and a file by way of it',
      (target) => [link('/v/out', path.dirname(target)), file(`/v/out/${path.basename(target)}`)],
    ],
    ['a link for the file itself', (target) => [link('f', target), file('f')]],
    ['a hard link', (target) => [link('f', target, 'link'), file('f')]],
    ['files of the agent', () => [file(path.join(world.data, 'key')), file(`/proc/1/root${world.data}/key`)]],
  ])('with %s writes to nothing of the host', async (what, entries) => {
    const name = what.replaceAll(/\W/g, '-');
    const target = outside(name);
    mkdirSync(outside(`${name}-volume`));
    writeFileSync(outside(`${name}-volume/a.tar`), await archive(entries(target)));
    const volume: BindMount = { source: outside(`${name}-volume`), target: '/v', readOnly: false };
    const { out } = await world.run('mkdir -p /tmp/to && tar -xvPmf /v/a.tar -C /tmp/to; find /tmp/to /v', {
      mounts: [volume],
      beside: true,
    });
    expect(existsSync(target)).toBe(false);
    expect(readFileSync(path.join(world.data, 'key'), 'utf8')).toBe(SECRET);
    expect(out).toContain('a.tar');
  });

  it('goes out as what the container sees, whatever its links name', async () => {
    const { out } = await world.run(
      'ln -s $DATA /tmp/l; ln -s /proc/1/root$DATA/key /tmp/k; tar -chf - /tmp/l /tmp/k; echo',
      {
        beside: true,
      },
    );
    expect(out).not.toContain(SECRET);
  });
});
