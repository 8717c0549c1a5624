import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { delimiter, dirname, sep } from 'node:path';
import { octal, type HiddenPath } from './host-secrets.ts';
import { ATTRIBUTE, SPREAD } from './kernel.ts';
import type { Step } from './plan.ts';

/** Top directories with programs and their libraries, where a host has them. */
const PROGRAMS = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'usr', 'opt', 'nix', 'gnu'];
/** What programs expect to be there, with its mode; empty in each container. */
const EMPTY: Readonly<Record<string, string>> = {
  '/proc': '555',
  '/sys': '555',
  '/dev': '755',
  '/run': '755',
  '/run/lock': '1777',
  '/tmp': '1777',
  '/root': '700',
  '/home': '755',
  '/mnt': '755',
  '/media': '755',
  '/srv': '755',
  '/var': '755',
  '/var/cache': '755',
  '/var/lib': '755',
  '/var/log': '755',
  '/var/spool': '755',
  '/var/tmp': '1777',
};
const LINKS: Readonly<Record<string, string>> = { '/var/run': '/run', '/var/lock': '/run/lock' };

/** The host's programs as the root of a container: what of the host is shown, and what of that is not. */
export interface HostRoot {
  /** directories with a layer of the container's own over them; with their modes, in octal */
  overlays: readonly { path: string; mode: string }[];
  links: readonly { path: string; to: string }[];
  /** programs that lie elsewhere, such as a Node in a home folder; read-only */
  programs: readonly string[];
}

const within = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}${sep}`);

/**
 * Looks at the host once: its programs and their configuration are shown, the homes, data and temporary files of its
 * users are not.
 * @param path where programs are looked for, as $PATH
 */
export function hostRoot(path: string): HostRoot {
  const overlays: { path: string; mode: string }[] = [];
  const links: { path: string; to: string }[] = [];
  for (const name of [...PROGRAMS, 'etc']) {
    const at = `/${name}`;
    const found = lstatSync(at, { throwIfNoEntry: false });
    if (found?.isSymbolicLink()) links.push({ path: at, to: readlinkSync(at) });
    else if (found?.isDirectory()) overlays.push({ path: at, mode: octal(found.mode) });
  }
  const shown = (folder: string): boolean => [...overlays, ...links].some((each) => within(folder, each.path));
  const programs = new Set<string>();
  for (const folder of [...path.split(delimiter), dirname(process.execPath)]) {
    const prefix = prefixOf(folder);
    if (prefix && !shown(prefix)) programs.add(prefix);
  }
  const outer = [...programs].filter((each) => ![...programs].some((other) => other !== each && within(each, other)));
  return { overlays, links, programs: outer };
}

/** `…/bin` brings what stands beside it, such as `…/lib`: a program seldom comes alone. */
function prefixOf(folder: string): string | undefined {
  try {
    if (!folder.startsWith('/') || folder.includes('/node_modules/')) return undefined;
    const real = realpathSync(folder);
    const prefix = real.endsWith('/bin') ? dirname(real) : real;
    // a home folder, or all of /var, is more than its programs
    return prefix.split('/').length > 3 ? prefix : real.endsWith('/bin') && real !== '/bin' ? real : undefined;
  } catch {
    return undefined;
  }
}

/** Where and how a root is put together. */
export interface HostRootPlace {
  root: string;
  /** for the layers of its own */
  directory: string;
  /** of the overlays, beside their folders */
  options: string;
  /** first of the host's ids of the pod's users, where it has its own; the user namespace is open as `users` */
  userBase?: number | undefined;
}

/**
 * Steps that put the root together at `ROOT`, in the directory in which `upper/` and `work/` take what is written.
 * @param hidden what of the host is left out
 */
export function hostRootSteps(
  host: HostRoot,
  hidden: readonly HiddenPath[],
  { root, directory, options, userBase }: HostRootPlace,
): Step[] {
  const steps: Step[] = [];
  for (const [path, mode] of Object.entries(EMPTY)) steps.push(['folder', root + path, mode]);
  for (const { path, to } of host.links) steps.push(['link', to, root + path]);
  for (const [path, to] of Object.entries(LINKS)) steps.push(['link', to, root + path]);
  if (userBase !== undefined) steps.push(['give', userBase, root]);
  for (const { path, mode } of host.overlays) {
    const upper = `upper${path}`;
    steps.push(
      ['folder', root + path],
      ['folder', `${directory}/${upper}`, mode],
      ['folder', `${directory}/work${path}`],
    );
    for (const { path: secret, folders } of hidden) {
      if (!within(secret, path)) continue;
      // a folder of an upper layer has its own mode there
      for (const each of folders) steps.push(['folder', `${directory}/upper${each.path}`, each.mode]);
      steps.push(['whiteout', `${directory}/upper${secret}`]);
    }
    const lower = userBase === undefined ? path : `${directory}/lower${path}`;
    if (userBase !== undefined)
      steps.push(
        ['folder', lower],
        ['tree', lower, path, '', ATTRIBUTE.readOnly, SPREAD.private, 0, 'users'],
        ['system', lower, lower],
        ['give', userBase, `${directory}/${upper}`],
      );
    steps.push([
      'mount',
      'overlay',
      root + path,
      4,
      `lowerdir=${lower},upperdir=${upper},workdir=work${path}${options}`,
    ]);
  }
  return steps;
}

/** Paths of a host root that are mounts of their own. */
export const hostRootMounts = (host: HostRoot): string[] => host.overlays.map(({ path }) => path);
