import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EmptyDirVolumeSource } from '../../../schema/types.ts';
import { exceededStorage } from '../../../src/nodes/eviction/storage-limits.ts';
import type { BindMount } from '../../../src/nodes/runtimes/runtime.ts';
import { measureFolders } from '../../../src/nodes/usage/folder-sizes.ts';
import { emptyDir } from '../../../src/nodes/volumes/empty-dir.ts';
import { removeTree } from '../../../src/rules/machine/unmount.ts';
import { archive, type ArchiveEntry } from '../../support/image-archive.ts';
import { disk, podUsage } from '../eviction/given-usage.ts';
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

/** Takes memory bit by bit, and says how much it has, Mi. */
const TAKES_MEMORY = String.raw`perl -e '$| = 1; for (1 .. 32) { push @kept, "x" x (8 << 20); print 8 * $_, "\n" }'`;
/** Computes for so long, and says how many times longer it took. */
const TAKES_CPU = `perl -MTime::HiRes=time -e '$began = time; 1 while (times)[0] < 0.1; print +(time - $began) / (times)[0]'`;
const limits = (amounts: Record<string, string>) => ({ limits: amounts, requests: amounts });

/** What a container takes, where a cgroup holds it to that: else the node says what it does not enforce, or refuses it. */
describe.each([
  ['a container', false],
  ['a command beside it', true],
])('%s', (_, beside) => {
  beforeEach(({ skip }) => skip(!world.can.rootView, world.can.missing));

  it.each([
    ['memory', { memory: '64Mi' }],
    ['cpu', { cpu: '100m' }],
  ] as const)(
    'is refused for a limit of %s that is not enforced, or the node says that it is not',
    async (what, amounts) => {
      if (world.enforces(what)) return;
      expect(world.missing).toMatch(/cgroup/);
      const refused = world.run('true', { beside, resources: limits(amounts), requireLimits: true });
      await expect(refused).rejects.toThrow(`resources.limits: this node does not enforce ${what}: ${world.missing}`);
    },
  );

  it('takes no more memory than it may have, while others go on', async ({ skip }) => {
    skip(!world.enforces('memory'), world.missing);
    const [greedy, other] = await Promise.all([
      world.run(TAKES_MEMORY, { beside, resources: limits({ memory: '64Mi' }) }),
      world.run('sleep 0.1 && echo fine'),
    ]);
    expect(Number(greedy.out.match(/^\d+$/gm)?.at(-1)), greedy.out).toBeLessThan(64);
    expect(greedy.code).toBe(137);
    expect(other.out).toBe('fine\n');
  });

  it('computes no more than it may', async ({ skip }) => {
    skip(!world.enforces('cpu'), world.missing);
    const { out } = await world.run(TAKES_CPU, { beside, resources: limits({ cpu: '100m' }) });
    expect(Number(out), out).toBeGreaterThan(5);
  });
});

describe('an emptyDir', () => {
  beforeEach(({ skip }) => skip(!world.can.rootView, world.can.missing));
  const specOf = (source: EmptyDirVolumeSource) => ({
    containers: [{ name: 'c' }],
    volumes: [{ name: 'v', emptyDir: source }],
  });
  const given = async (source: EmptyDirVolumeSource): Promise<BindMount> => {
    const folder = path.join(mkdtempSync(path.join(world.data, 'volume-')), 'v');
    await emptyDir(source, folder, specOf(source), 2 ** 30);
    return { source: folder, target: '/v', readOnly: false };
  };
  const fill = (file: string): string => `head -c 3000000 /dev/zero > ${file}`;

  /** Where it lies, as a container hides it from who measures and removes it. */
  it.each([
    ['in plain sight', fill('/v/f')],
    ['in a folder that lets nobody in', `mkdir /v/d && ${fill('/v/d/f')}; chmod 0 /v/d /v`],
    [
      'where no path leads',
      `cd /v && for n in $(seq 40); do mkdir ${'d'.repeat(200)} && cd -P ${'d'.repeat(200)} || exit; done; ${fill('f')}`,
    ],
  ])('that is filled %s is measured, and goes with its pod', async (_, script) => {
    const source = { sizeLimit: '1Mi' };
    const mount = await given(source);
    expect(await world.run(script, { mounts: [mount] })).toMatchObject({ code: 0 });
    const found = (await measureFolders([mount.source])).get(mount.source);
    const volumes = [{ ...disk(0), name: 'v', usedBytes: found?.usedBytes ?? 0, inodesUsed: 1, ephemeral: true }];
    const usage = podUsage('filler', specOf(source), { volumes });
    expect(exceededStorage(usage)).toBe('Usage of EmptyDir volume "v" exceeds the limit "1Mi". ');
    await removeTree(mount.source);
    expect(existsSync(mount.source)).toBe(false);
  });

  it('in memory is full at its size, or refused', async () => {
    const source = { medium: 'Memory', sizeLimit: '1Mi' };
    if (!world.can.root)
      return expect(given(source)).rejects.toThrow('emptyDir of medium Memory: the agent may not mount');
    const mount = await given(source);
    const { code, out } = await world.run(fill('/v/f'), { mounts: [mount] });
    expect([code, out]).toEqual([1, expect.stringContaining('No space left on device')]);
    await removeTree(mount.source);
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
