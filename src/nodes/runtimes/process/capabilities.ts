import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { rootViewScript } from './root-view.ts';

/** Absolute paths of the system's own tools; undefined where the machine lacks one. */
export interface Tools {
  sh: string;
  unshare?: string;
  nsenter?: string;
  chroot?: string;
  script?: string;
  stty?: string;
  ip?: string;
}

/** What this machine lets the process runtime do; found out once, when the agent starts. */
export interface Capabilities {
  tools: Tools;
  root: boolean;
  /** own mount namespace with a writable view of the host's files, in which volumes appear at their mount paths */
  rootView: boolean;
  /** flags of `unshare` for a container's own mounts and host name */
  unshareFlags: string[];
  /** a network namespace and an address for each pod */
  podNetwork: boolean;
  /** terminals for `tty: true` and `exec -t` */
  pty: boolean;
}

const NAMES = ['unshare', 'nsenter', 'chroot', 'script', 'stty', 'ip'] as const;

function findTool(name: string): string | undefined {
  for (const directory of `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`.split(delimiter)) {
    try {
      const path = join(directory, name);
      if (!directory) continue;
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  return undefined;
}

/** Ends each probe, so that a tool that waits for something cannot hold the agent's start. */
const PROBE_TIMEOUT_MS = 5000;
const works = (command: string, args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore', timeout: PROBE_TIMEOUT_MS }).status === 0;

/**
 * Tries what containers will need, by doing it.
 * @param scratch a directory for the trial, removed afterwards
 */
export function probeCapabilities(scratch: string): Capabilities {
  const tools: Tools = { sh: findTool('sh') ?? '/bin/sh' };
  for (const name of NAMES) {
    const path = findTool(name);
    if (path) tools[name] = path;
  }
  const root = process.getuid?.() === 0;
  const unshareFlags = root ? ['--mount', '--uts'] : ['--user', '--map-root-user', '--mount', '--uts'];
  const rootView = Boolean(tools.unshare && tools.nsenter && tools.chroot) && tryRootView(tools, unshareFlags, scratch);
  const podNetwork =
    root &&
    Boolean(tools.ip && tools.nsenter && tools.unshare) &&
    works(tools.unshare!, [
      '--net',
      tools.sh,
      '-c',
      `${tools.ip} link add a0 type veth peer name a1 && ${tools.ip} link add b0 type bridge`,
    ]);
  const pty = Boolean(tools.script) && works(tools.script!, ['-qec', 'true', '/dev/null']);
  return { tools, root, rootView, unshareFlags, podNetwork, pty };
}

function tryRootView(tools: Tools, flags: string[], scratch: string): boolean {
  const directory = join(scratch, 'probe');
  mkdirSync(directory, { recursive: true });
  const probe = join(directory, 'file');
  const script = [
    'set -e',
    `echo seen > '${probe}'`,
    rootViewScript(directory, [{ source: probe, target: '/etc/ku7s-probe/file', readOnly: true, file: true }]),
    `${tools.chroot} '${directory}/root' ${tools.sh} -c 'test -s /etc/ku7s-probe/file'`,
  ].join('\n');
  try {
    return works(tools.unshare!, [...flags, tools.sh, '-c', script]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
