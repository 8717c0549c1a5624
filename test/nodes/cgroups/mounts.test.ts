import { describe, expect, it } from 'vitest';
import { cgroupMounts, placesOf } from '../../../src/nodes/cgroups/mounts.ts';

const line = (root: string, mountPoint: string, type: string, options: string): string =>
  `42 31 0:38 ${root} ${mountPoint} rw,nosuid,nodev shared:17 - ${type} ${type} ${options}`;

describe('hierarchies of cgroups that a process sees', () => {
  it('v1: controllers mounted alone and together, systemd beside them', () => {
    const { v1, v2 } = cgroupMounts(
      [
        line('/', '/sys/fs/cgroup/cpu,cpuacct', 'cgroup', 'rw,cpu,cpuacct'),
        line('/', '/sys/fs/cgroup/memory', 'cgroup', 'rw,memory'),
        line('/', '/sys/fs/cgroup/systemd', 'cgroup', 'rw,xattr,name=systemd'),
        '23 1 254:0 / / rw - ext4 /dev/vda rw',
      ].join('\n'),
      '3:cpu,cpuacct:/a\n2:memory:/a/b\n1:name=systemd:/\n',
    );
    expect(v2).toBeUndefined();
    expect(Object.fromEntries(v1)).toEqual({
      cpu: { mountPoint: '/sys/fs/cgroup/cpu,cpuacct', own: '/sys/fs/cgroup/cpu,cpuacct/a' },
      cpuacct: { mountPoint: '/sys/fs/cgroup/cpu,cpuacct', own: '/sys/fs/cgroup/cpu,cpuacct/a' },
      memory: { mountPoint: '/sys/fs/cgroup/memory', own: '/sys/fs/cgroup/memory/a/b' },
      'name=systemd': { mountPoint: '/sys/fs/cgroup/systemd', own: '/sys/fs/cgroup/systemd' },
    });
  });

  it('a container that is shown only its own part', () => {
    const { v1 } = cgroupMounts(line('/docker/1', '/c/memory', 'cgroup', 'ro,memory'), '2:memory:/docker/1');
    expect(v1.get('memory')).toEqual({ mountPoint: '/c/memory', own: '/c/memory' });
  });

  it('a mount that does not show the process’s own part', () => {
    const { v1 } = cgroupMounts(line('/other', '/c/memory', 'cgroup', 'rw,memory'), '2:memory:/docker/1');
    expect(placesOf(v1.get('memory')!)).toEqual(['/c/memory']);
  });

  it('v2, of two mounts the one with the shorter path; blanks are in octal', () => {
    const { v2 } = cgroupMounts(
      [line('/', '/run/my\\040host/unified', 'cgroup2', 'rw'), line('/', '/sys/fs/c\\040g', 'cgroup2', 'rw')].join(
        '\n',
      ),
      '0::/user.slice/user-1.slice',
    );
    expect(placesOf(v2!)).toEqual(['/sys/fs/c g', '/sys/fs/c g/user.slice', '/sys/fs/c g/user.slice/user-1.slice']);
  });
});
