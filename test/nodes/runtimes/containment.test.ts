import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SecurityContext } from '../../../schema/types.ts';
import type { LogStore } from '../../../src/nodes/logs/log-store.ts';
import { readLog } from '../../../src/nodes/logs/read-log.ts';
import { probeCapabilities } from '../../../src/nodes/runtimes/process/capabilities.ts';
import type { ProcessRuntime } from '../../../src/nodes/runtimes/process/process-runtime.ts';
import { Inside, SECRET, type Tried } from './inside.ts';
import { sandboxSpec, securityOf } from './specs.ts';

const can = probeCapabilities(tmpdir());
let data: string;
let logs: LogStore;
let runtime: ProcessRuntime;
let world: Inside;
const inside = (script: string, tried?: Tried) => world.run(script, tried);

beforeAll(() => {
  world = new Inside();
  ({ data, logs, runtime } = world);
});
afterAll(() => world.close());

const status = (field: string): string => `sed -n 's/^${field}:[[:space:]]*//p' /proc/self/status`;
const perl = (text: string): string => `perl -e '${text}'`;

/** Succeeds when one of these files takes the text. */
const writes = (text: string, ...files: string[]): string =>
  `(for f in ${files.join(' ')}; do [ -e $f ] && (echo '${text}' > $f) 2>/dev/null && echo took $f && exit 0; done; exit 1)`;

/** Of the disk that its hosts file lies on, the root folder. */
const opensByHandle = perl(
  'my $h = pack("Ii", 8, 1) . pack("II", 2, 0) . "\\0" x 64; ' +
    'my $p = "/etc/"; my $d = syscall(257, -100, $p, 0); my $fd = syscall(304, $d, $h, 0x10000); ' +
    'print $fd >= 0 ? "opened\\n" : $! == 1 ? "refused by the kernel\\n" : "failed: $!\\n"; exit($fd >= 0 ? 0 : 1)',
);

describe.runIf(can.rootView).each([
  ['a container', false],
  ['a command beside it', true],
])('%s', (_, beside) => {
  it.each([
    ['by its path', 'cat $DATA/key $DATA/pods/other/volumes/token/secret'],
    ['from the root of another process', 'cat /proc/1/root$DATA/key /proc/*/root$DATA/key'],
    ['from a working directory', 'cat /proc/1/cwd/key /proc/1/cwd/../key /proc/*/cwd$DATA/key'],
    ['from a descriptor', 'for fd in /proc/*/fd/*; do cat $fd/key $fd$DATA/key $fd/../key; done </dev/null'],
    [
      'by leaving its root',
      `${perl('mkdir "/x"; chroot "/x"; chdir ".." for 1..50; chroot "."; exec "cat", "$ENV{DATA}/key"')}`,
    ],
    ['through a mount', 'for m in $(cut -d" " -f5 /proc/self/mountinfo); do cat $m/key $m$DATA/key; done'],
  ])('reads nothing of the data folder %s', async (_way, script) => {
    const { out } = await inside(script, { beside });
    expect(out).not.toContain(SECRET);
  });

  it('sees no process but those of its own', async () => {
    const { out } = await inside('for p in /proc/[0-9]*; do tr "\\0" " " < $p/cmdline; echo; done', { beside });
    expect(out).not.toMatch(/launcher|vitest|node /);
  });

  it('cannot signal what it does not see', async () => {
    const { out } = await inside(`kill -0 ${process.pid} && echo reached`, { beside });
    expect(out).not.toContain('reached');
  });

  it.each([
    ['mounts', 'mount -t tmpfs tmpfs /mnt'],
    ['mounts of proc', 'mount -t proc proc /mnt'],
    ['unmounting', 'umount /proc/kcore || umount /dev'],
    ['settings of the kernel', 'echo 1 > /proc/sys/kernel/panic'],
    ['the program for dumps', 'echo "|/tmp/x" > /proc/sys/kernel/core_pattern'],
    [
      'what is run when its cgroup is empty',
      writes('/tmp/x', '/sys/fs/cgroup/release_agent', '/sys/fs/cgroup/*/release_agent'),
    ],
    [
      'the limits of its cgroup',
      writes('max', ...['memory.max', 'pids.max', 'cpu.max', '*/pids.max'].map((each) => `/sys/fs/cgroup/${each}`)) +
        ` || ${writes('-1', '/sys/fs/cgroup/*/memory.limit_in_bytes', '/sys/fs/cgroup/*/cpu.cfs_quota_us')}`,
    ],
    ['cgroups', 'mkdir /sys/fs/cgroup/x || mkdir /sys/fs/cgroup/memory/x || mkdir /sys/fs/cgroup/pids/x'],
    ['what is run for devices', writes('/tmp/x', '/sys/kernel/uevent_helper', '/proc/sys/kernel/hotplug')],
    ['formats of programs', writes(':x:M::x::/tmp/x:', '/proc/sys/fs/binfmt_misc/register')],
    ['what is run for modules', writes('/tmp/x', '/proc/sys/kernel/modprobe')],
    ['its magic keys', 'echo h > /proc/sysrq-trigger'],
    ['memory', 'head -c 1 /proc/kcore | grep -q . || head -c 1 /dev/mem'],
    ['keys', '[ -s /proc/keys ]'],
    ['settings of devices', 'echo 1 > /sys/kernel/mm/ksm/run'],
    ['firmware', 'ls /sys/firmware/* '],
    ['disks', 'mknod /tmp/disk b 254 0 && head -c 1 /tmp/disk | grep -q .'],
    ['disks in /dev', 'mknod /dev/disk b 254 0 && head -c 1 /dev/disk | grep -q .'],
    ['devices of the kernel', 'mknod /dev/kmsg2 c 1 11 && head -c 1 /dev/kmsg2 | grep -q .'],
    ['modules', perl('exit(syscall(175, 0, 0, 0) == -1 && $! == 1 ? 1 : 0)')],
    ['key rings', perl('exit(syscall(250, 0, -3, 0) == -1 && $! == 1 ? 1 : 0)')],
    ['programs of the kernel', perl('my $x = "\\0" x 128; exit(syscall(321, 0, $x, 128) == -1 && $! == 1 ? 1 : 0)')],
    ['user namespaces', 'unshare --user true'],
    ['other namespaces', 'unshare --mount true || unshare --net true'],
    ['the namespaces of others', 'nsenter --target 1 --mount --net true'],
    ['its host name', 'hostname other'],
    ['the clock', 'date -s 2020-01-01'],
    ['the log of the kernel', 'dmesg'],
    [
      'raw disks by a file handle',
      perl('my ($h, $m) = ("\\0" x 64, "\\0" x 8); exit(syscall(304, 3, $h, 0) == -1 && $! == 1 ? 1 : 0)'),
    ],
  ])('has no right to %s', async (_what, script) => {
    const { code, out } = await inside(`${script}`, { beside });
    expect([code, out]).not.toEqual([0, expect.anything()]);
    expect(code).not.toBe(0);
  });

  it('has the capabilities that containers have, or those that it asks for', async () => {
    const show = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map(status).join('; ');
    const none = '0000000000000000';
    expect((await inside(show, { beside })).out.trim().split('\n')).toEqual([
      none,
      ...Array.from({ length: 3 }, () => '00000000a80425fb'),
      none,
    ]);
    const dropped = await inside(show, { beside, own: { capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } } });
    expect(dropped.out.trim().split('\n')).toEqual([
      none,
      ...Array.from({ length: 3 }, () => '0000000000000400'),
      none,
    ]);
  });

  it('gains nothing by programs where it may not', async () => {
    const { out } = await inside(`${status('NoNewPrivs')}; ${status('Seccomp')}`, {
      beside,
      own: { allowPrivilegeEscalation: false },
    });
    expect(out).toBe('1\n2\n');
  });

  it.runIf(can.root)('is another user with its groups', async () => {
    const own: SecurityContext = { runAsUser: 4711, runAsGroup: 4712 };
    const { out } = await inside(`id -u; id -g; ${status('CapEff')}; cat /etc/shadow`, { beside, own });
    expect(out).toMatch(/^4711\n4712\n0{16}\n/);
  });

  it('writes to no file of a root that is read-only, but to its volumes', async () => {
    const volume = mkdtempSync(join(data, 'volume-'));
    const mounts = [{ source: volume, target: '/data', readOnly: false }];
    const own: SecurityContext = { readOnlyRootFilesystem: true };
    const script = 'for d in / /etc /usr /tmp /run /var/tmp; do touch $d/x && echo wrote $d; done; echo y > /data/x';
    const { code, out } = await inside(script, { beside, own, mounts });
    expect(out).not.toContain('wrote');
    expect(code).toBe(0);
    expect(readFileSync(join(volume, 'x'), 'utf8')).toBe('y\n');
  });

  it('finds the data folder empty where a folder above it is mounted', async () => {
    const mounts = [{ source: tmpdir(), target: '/host', readOnly: false, host: true }];
    const at = `/host/${data.split('/').at(-1)}`;
    const { out } = await inside(`ls -a ${at}; cat ${at}/key; umount ${at}; cat ${at}/key`, { beside, mounts });
    expect(out).not.toContain(SECRET);
    const direct = [{ source: data, target: '/host', readOnly: false, host: true }];
    expect((await inside('cat /host/key', { beside, mounts: direct })).out).not.toContain(SECRET);
  });

  it.runIf(can.root).each([
    ['a disk that it makes', [], 'mknod /d b 254 0; head -c 1 /d'],
    [
      'a disk in a file system of its own',
      ['SYS_ADMIN'],
      'mount -t tmpfs t /mnt && mknod /mnt/d b 254 0; head -c 1 /mnt/d',
    ],
    ['the kernel’s own device files', ['SYS_ADMIN'], 'mount -t devtmpfs d /mnt && cat /mnt/kmsg </dev/null'],
    [
      'them after it has changed what its cgroup may',
      ['SYS_ADMIN'],
      `mount -t cgroup -o devices d /mnt && echo a > /mnt/devices.allow; mkdir /dd; mount -t devtmpfs d /dd; head -c 1 /dd/kmsg`,
    ],
    ['a file by its handle', ['DAC_READ_SEARCH'], opensByHandle],
  ])('with capabilities that it was given it does not open %s', async (_what, add, script) => {
    for (const type of ['RuntimeDefault', 'Unconfined'] as const) {
      const own = { capabilities: { add }, seccompProfile: { type } };
      const { code, out } = await inside(script, { beside, own });
      expect([code, out]).toEqual([
        expect.any(Number),
        expect.stringMatching(/not permitted|Permission denied|refused by the kernel/),
      ]);
      expect(code).not.toBe(0);
    }
  });

  it.runIf(can.root)('uses the terminals and devices that every container has', async () => {
    const script =
      'for d in null zero full random urandom; do head -c 0 /dev/$d && echo $d; done; : > /dev/ptmx && echo ptmx';
    expect((await inside(script, { beside })).out.split('\n')).toEqual(
      expect.arrayContaining(['null', 'zero', 'full', 'random', 'urandom', 'ptmx']),
    );
  });

  it('cannot write to the program that starts it', async () => {
    const opened = 'for p in /proc/[0-9]*; do (echo x >> $p/exe) && echo wrote; done';
    const { out } = await inside(opened, { beside, pod: { shareProcessNamespace: true } });
    expect(out).not.toContain('wrote');
  });
});

describe.runIf(can.rootView)('a pod', () => {
  it('lets a container see the processes of the one that it targets, and no others', async () => {
    const pod = world.identity();
    const sandbox = await runtime.startPod(sandboxSpec({ pod }));
    const common = { pod, attempt: 0, mounts: [], sandbox, security: securityOf({}), stdin: false, tty: false };
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
    const root = { kind: 'host' } as const;
    const start = (name: string, command: string[]) => runtime.start({ ...common, name, command, env, root });
    const target = await start('target', ['sleep', '4711']);
    const other = await start('other', ['sleep', '4712']);
    const debug = await runtime.start({ ...common, name: 'debug', command: ['sleep', '4713'], env, root, target });
    const lines = 'for p in /proc/[0-9]*; do tr "\\0" " " < $p/cmdline; echo; done';
    const session = runtime.exec(debug, ['/bin/sh', '-c', lines]);
    let seen = '';
    session.onOutput((_, chunk) => (seen += chunk.toString()));
    await session.exited;
    expect(seen).toContain('sleep 4711');
    expect(seen).not.toContain('sleep 4712');
    debug.kill();
    await debug.exited;
    expect(target.live).toBe(true);
    for (const each of [target, other]) each.kill();
    await Promise.all([target.exited, other.exited]);
    await runtime.removePod(pod);
  });

  it('has /dev/shm, queues, a terminal device and nothing else of the host in /dev', async () => {
    const { out } = await inside('ls /dev; stat -fc %T /dev/shm /dev/mqueue /dev/pts');
    expect(out.split('\n').filter(Boolean).slice(0, -3)).toEqual(
      'core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero'.split(' '),
    );
  });

  it.runIf(can.root)('is privileged as far as root goes, and does not reach the data folder', async () => {
    const script = `${status('CapEff')}; ${status('Seccomp')}; mount -t tmpfs tmpfs /mnt && echo mounted; umount -a; cat $DATA/key`;
    const { out } = await inside(script, { own: { privileged: true } });
    expect(out).toContain('mounted');
    expect(out).not.toContain(SECRET);
    const mounts = [{ source: '/', target: '/host', readOnly: false, host: true }];
    await expect(inside('true', { own: { privileged: true }, mounts })).rejects.toThrow("the node's own data");
  });

  it.runIf(can.root)('leaves the mounts of the host alone when its containers share processes', async () => {
    const shared = mkdtempSync(join(data, 'shared-'));
    const sh = (line: string) => execFileSync('/bin/sh', ['-c', line]);
    sh(`mount --bind ${shared} ${shared} && mount --make-shared ${shared} && mkdir ${shared}/in`);
    sh(`mount -t tmpfs own ${shared}/in`);
    try {
      await inside('true', { pod: { shareProcessNamespace: true } });
      expect(readFileSync('/proc/self/mountinfo', 'utf8')).toContain(`${shared}/in `);
    } finally {
      sh(`umount ${shared}/in; umount ${shared}`);
    }
  });

  it.runIf(can.root)('leaves one mount, however often its start failed', async () => {
    const pod = world.identity();
    const spec = sandboxSpec({ pod, netns: '/dev/null' });
    for (let n = 0; n < 3; n++) await expect(runtime.startPod(spec)).rejects.toThrow('setns');
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
    expect(mounts.filter((line) => line.includes(`${pod.uid}/sandbox/shm`)).length).toBeLessThan(2);
    await runtime.removePod(pod);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(`${pod.uid}/`);
  });

  it.runIf(can.root)('does not see what was hidden on the host after the agent had begun', async () => {
    const secret = join('/etc', `ku7s-test-${process.pid}`);
    writeFileSync(secret, SECRET, { mode: 0o600 });
    try {
      expect((await inside(`cat ${secret}`)).out).not.toContain(SECRET);
    } finally {
      rmSync(secret);
    }
  });

  describe.runIf(can.podNetwork)('with users of its own', () => {
    const name = `ku7s-test-users-${process.pid}`;
    const pod = { hostUsers: false, netns: `/run/netns/${name}`, address: '10.244.7.9' };
    const base = (7 * 256 + 9) * 65_536;
    beforeAll(() => void execFileSync('ip', ['netns', 'add', name]));
    afterAll(() => void execFileSync('ip', ['netns', 'delete', name]));

    it.each([false, true])('is root of them, and somebody else on the host (beside: %s)', async (beside) => {
      const volume = mkdtempSync(join(data, 'volume-'));
      writeFileSync(join(volume, 'old'), 'there');
      const mounts = [{ source: volume, target: '/data', readOnly: false }];
      const script = `id -u; id -g; cat /proc/self/uid_map; stat -c '%u %g' /etc/passwd /data/old /tmp; touch /etc/x /data/new && chown 7:8 /data/new && stat -c '%u %g' /data/new; ${status('CapEff')}`;
      const { out } = await inside(script, { beside, pod, mounts });
      expect(
        out
          .trim()
          .split('\n')
          .map((line) => line.trim().replace(/ +/g, ' ')),
      ).toEqual([
        '0',
        '0',
        `0 ${base} 65536`,
        ...['/etc/passwd', '/data/old', '/tmp'].map(() => '0 0'),
        '7 8',
        '00000000a80425fb',
      ]);
      // what it writes has the ids of the container on the disk, as it had them before
      expect([statSync(join(volume, 'new')).uid, statSync(join(volume, 'new')).gid]).toEqual([7, 8]);
    });

    it('listens on any port, and has no rights over what is the host’s', async () => {
      const listens = perl(
        'use Socket; socket(my $s, PF_INET, SOCK_STREAM, 0); bind($s, sockaddr_in(80, INADDR_ANY)) and print "bound\\n"',
      );
      expect((await inside(listens, { pod })).out).toBe('bound\n');
      const own = {
        capabilities: { add: ['SYS_ADMIN', 'NET_ADMIN', 'SYS_TIME'] },
        seccompProfile: { type: 'Unconfined' as const },
      };
      const { out } = await inside(
        'mount -t tmpfs t /mnt && echo mounted; date -s 2020-01-01 && echo set; hostname x && echo named; :',
        { pod, own },
      );
      expect(out).not.toMatch(/^(mounted|set|named)$/m);
    });

    it('has another user, and none beyond its ids', async () => {
      expect((await inside('id -u', { pod, own: { runAsUser: 1000 } })).out).toBe('1000\n');
      await expect(inside('true', { pod, own: { runAsUser: 70_000 } })).rejects.toThrow('not 70000');
    });

    it('is refused without a network of its own', async () => {
      await expect(inside('true', { pod: { hostUsers: false, address: '127.1.0.5' } })).rejects.toThrow(
        'no network of their own',
      );
    });
  });

  it('sets sysctls for itself alone', async () => {
    const before = readFileSync('/proc/sys/kernel/shm_rmid_forced', 'utf8');
    const { out } = await inside('cat /proc/sys/kernel/shm_rmid_forced', {
      pod: { sysctls: { 'kernel.shm_rmid_forced': '1' } },
    });
    expect(out).toBe('1\n');
    expect(readFileSync('/proc/sys/kernel/shm_rmid_forced', 'utf8')).toBe(before);
  });

  it('is filtered by a profile of the node, or is not started', async () => {
    const folder = join(data, 'seccomp');
    mkdirSync(folder, { recursive: true });
    const profile = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 13 }],
    };
    writeFileSync(join(folder, 'no-mkdir.json'), JSON.stringify(profile));
    const own = (localhostProfile: string): SecurityContext => ({
      seccompProfile: { type: 'Localhost', localhostProfile },
    });
    expect((await inside('mkdir /tmp/x', { own: own('no-mkdir.json') })).out).toContain('Permission denied');
    await expect(inside('true', { own: own('other.json') })).rejects.toThrow('cannot load seccomp profile');
    await expect(inside('true', { own: own('../key') })).rejects.toThrow('cannot load seccomp profile');
  });

  it.runIf(!can.root)('has no user but root where the agent is not root', async () => {
    await expect(inside('true', { own: { runAsUser: 1000 } })).rejects.toThrow(
      'runAsUser 1000: this node was not started by root',
    );
  });
});

describe.runIf(can.rootView && can.root)('a root of image layers', () => {
  it('shows the upper layers first, and keeps them as they are', async () => {
    const layers = ['low', 'high'].map((name) => join(data, name));
    for (const layer of layers) mkdirSync(join(layer, 'bin'), { recursive: true });
    const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => {
      try {
        writeFileSync(join(layers[0]!, 'bin', 'busybox'), readFileSync(path));
        return true;
      } catch {
        return false;
      }
    });
    if (!busybox) return;
    chmodSync(join(layers[0]!, 'bin', 'busybox'), 0o755);
    writeFileSync(join(layers[0]!, 'text'), 'low');
    writeFileSync(join(layers[1]!, 'text'), 'high');
    const identity = { namespace: 'default', name: 'p', uid: 'layers' };
    const sandbox = await runtime.startPod(sandboxSpec({ pod: identity }));
    const container = await runtime.start({
      pod: identity,
      name: 'c',
      attempt: 0,
      command: ['/bin/busybox', 'sh', '-c', '/bin/busybox cat /text; echo own > /text; /bin/busybox ls -d /proc/self'],
      env: {},
      root: { kind: 'layers', layers },
      mounts: [],
      sandbox,
      security: securityOf(),
      stdin: false,
      tty: false,
    });
    expect(await container.exited).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(layers[1]!, 'text'), 'utf8')).toBe('high');
    await runtime.removePod(identity);
  });

  it('that is read-only is written to in the volumes of its image alone', async () => {
    const layer = join(data, 'volumes-of-image');
    mkdirSync(join(layer, 'bin'), { recursive: true });
    mkdirSync(join(layer, 'kept'));
    writeFileSync(join(layer, 'kept', 'text'), 'of the image');
    const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
    if (!busybox) return;
    writeFileSync(join(layer, 'bin', 'busybox'), readFileSync(busybox), { mode: 0o755 });
    const identity = { namespace: 'default', name: 'p', uid: 'volumes-of-image' };
    const script =
      '/bin/busybox cat /kept/text; echo own > /kept/text && /bin/busybox cat /kept/text; ' +
      'echo x > /new/deep/x && echo made; echo x > /x || echo refused; echo x > /bin/x || echo refused';
    const container = await runtime.start({
      pod: identity,
      name: 'c',
      attempt: 0,
      command: ['/bin/busybox', 'sh', '-c', script],
      env: {},
      root: { kind: 'layers', layers: [layer] },
      volumes: ['/kept', '/new/deep'],
      mounts: [],
      sandbox: await runtime.startPod(sandboxSpec({ pod: identity })),
      security: securityOf({ readOnlyRootFilesystem: true }),
      stdin: false,
      tty: false,
    });
    await container.exited;
    let out = '';
    const { signal } = new AbortController();
    for await (const chunk of readLog(logs, logs.path(identity, 'c', 0), {}, () => false, signal))
      out += chunk.toString();
    expect(out.split('\n').filter((line) => !line.includes('Read-only'))).toEqual([
      'of the imageown',
      'made',
      'refused',
      'refused',
      '',
    ]);
    expect(readFileSync(join(layer, 'kept', 'text'), 'utf8')).toBe('of the image');
    await runtime.removePod(identity);
  });
});
