/** Numbers of Linux's own headers that plans speak of. */
export const CLONE = {
  mounts: 0x0002_0000,
  cgroup: 0x0200_0000,
  uts: 0x0400_0000,
  ipc: 0x0800_0000,
  user: 0x1000_0000,
  pid: 0x2000_0000,
  network: 0x4000_0000,
} as const;

/** Attributes of a mount (`mount_setattr`). */
export const ATTRIBUTE = { readOnly: 1, noSetuid: 2, noDevices: 4, noExecute: 8 } as const;
/** What /proc, /sys and the like are mounted with. */
export const INERT = ATTRIBUTE.noSetuid | ATTRIBUTE.noDevices | ATTRIBUTE.noExecute;

/** How mounts that are made later spread (`mount`, `mount_setattr`). */
export const SPREAD = { private: 1 << 18, slave: 1 << 19, recursive: 0x4000 } as const;
export const MOUNT_NO_DEVICES = 4;

export const OPEN = { read: 0, write: 1, readWrite: 2, path: 0x20_0000 } as const;
