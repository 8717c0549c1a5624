import { posix } from 'node:path';
import type { BindMount } from '../runtime.ts';

/** For a POSIX shell: the text as one word. */
export const shellQuote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * Shell commands that build `DIRECTORY/root`, to be run in a new mount namespace: the host's files with a private
 * writable layer over each top-level directory, a small /dev, and the mounts. One overlay per top-level directory,
 * because a user namespace may not clone a tree that has other file systems mounted below it; what cannot be
 * overlaid is bound as it is. Of the folders `hidden` it shows nothing. From here on files are made as containers expect.
 */
export function rootViewScript(
  directory: string,
  mounts: readonly BindMount[],
  hidden: readonly string[] = [],
): string {
  const root = shellQuote(`${directory}/root`);
  return [
    `d=${shellQuote(directory)}; r=${root}; l="$d/layers"`,
    'mkdir -p "$r" "$l"',
    'mount -t tmpfs -o mode=0755 tmpfs "$r"',
    'umask 022',
    OVERLAYS,
    ...hidden.map(hide),
    DEVICES,
    FUNCTIONS,
    ...[...mounts].sort((a, b) => a.target.split('/').length - b.target.split('/').length).map(bind),
  ].join('\n');
}

// An overlay's top has the mode of its upper folder.
const OVERLAYS = `modes="$(stat -c '|%n %a|' /*)"
for p in /*; do
  n="\${p#/}"
  case "$n" in proc|sys|dev|lost+found) continue;; esac
  if [ -L "$p" ]; then ln -s "$(readlink "$p")" "$r/$n"
  elif [ -d "$p" ]; then
    mkdir -p "$r/$n" "$l/$n/u" "$l/$n/w"
    m="\${modes#*"|$p "}"; m="\${m%%"|"*}"
    [ "$m" = 755 ] || chmod "$m" "$l/$n/u"
    mount -t overlay overlay -o "lowerdir=$p,upperdir=$l/$n/u,workdir=$l/$n/w" "$r/$n" 2>/dev/null ||
      mount -t overlay overlay -o "userxattr,lowerdir=$p,upperdir=$l/$n/u,workdir=$l/$n/w" "$r/$n" 2>/dev/null ||
      mount --rbind "$p" "$r/$n" 2>/dev/null || true
  fi
done
for p in proc sys; do mkdir -p "$r/$p"; mount --rbind "/$p" "$r/$p"; done`;

const DEVICES = `mkdir -p "$r/dev"
mount -t tmpfs -o mode=0755 tmpfs "$r/dev"
mkdir -p "$r/dev/pts" "$r/dev/shm"
for p in null zero full random urandom tty; do
  if [ -e "/dev/$p" ]; then : > "$r/dev/$p"; mount --bind "/dev/$p" "$r/dev/$p"; fi
done
if [ -d /dev/pts ]; then mount --rbind /dev/pts "$r/dev/pts"; ln -s pts/ptmx "$r/dev/ptmx"; fi
mount -t tmpfs -o mode=1777 tmpfs "$r/dev/shm"
ln -s /proc/self/fd "$r/dev/fd"; ln -s fd/0 "$r/dev/stdin"; ln -s fd/1 "$r/dev/stdout"; ln -s fd/2 "$r/dev/stderr"`;

const hide = (folder: string): string => {
  const target = `"$r"${shellQuote(folder)}`;
  return `if [ -d ${target} ]; then mount -t tmpfs -o mode=0700,size=4k tmpfs ${target}; fi`;
};

/**
 * Containers write to what these commands walk, now too: links in volumes are theirs, and so are the names of mount
 * points. `point` finds $t, where the view itself has $1 (made when missing, a file if $2 says so), as it is resolved
 * within the view, since the host's own files lie where a link of the view would lead from outside. `part` goes to the
 * directory of the source's part, step by step, and opens its end as descriptor 5: what is mounted is what was checked.
 */
const FUNCTIONS = `point() {
  t="$r$(chroot "$r" /bin/sh -c 'set -e
    if [ "$2" = file ]; then mkdir -p "\${1%/*}/"; [ -e "$1" ] || : > "$1"; else mkdir -p "$1"; fi
    readlink -f "$1"' sh "$1" "$2")"
}
within() {
  case "$1/" in "$v"/*) ;; *) echo "subPath leads out of its volume" >&2; exit 128;; esac
}
part() {
  cd -P "$1"; v="$(pwd -P)"; v="\${v%/}"; shift
  while [ $# -gt 1 ]; do
    [ -e "./$1" ] || mkdir "./$1"
    cd -P "./$1"; within "$(pwd -P)"; shift
  done
  [ -e "./$1" ] || mkdir "./$1"
  [ ! -p "./$1" ]
  exec 5<"./$1"
  within "$(readlink "/proc/$$/fd/5")"
  if [ -d "/proc/$$/fd/5/" ]; then k=directory; else k=file; fi
}`;

function bind(mount: BindMount): string {
  const target = posix.join('/', mount.target);
  const steps = (mount.subPath ?? '').split('/').filter((step) => step && step !== '.');
  const lines: string[] = [];
  if (steps.length) lines.push(`part ${[mount.source, ...steps].map(shellQuote).join(' ')}`);
  const kind = steps.length ? '"$k"' : mount.file ? 'file' : 'directory';
  lines.push(here(target, `point ${shellQuote(target)} ${kind}`));
  lines.push(
    steps.length
      ? 'mount --no-canonicalize --rbind /proc/self/fd/5 "$t"; exec 5<&-; cd /'
      : `mount --rbind ${shellQuote(mount.source)} "$t"`,
  );
  // A bind mount takes the options of its source; read-only needs a second step.
  if (mount.readOnly) lines.push('mount -o remount,bind,ro "$t"');
  return lines.join('\n');
}

/** Most mount points are there and no link is on the way: then no program need be asked where they are. */
function here(target: string, otherwise: string): string {
  const names = target.split('/').slice(1);
  const ways = names.map((_, at) => `[ -L "$r"${shellQuote(`/${names.slice(0, at + 1).join('/')}`)} ]`);
  return `t="$r"${shellQuote(target)}\nif ! [ -e "$t" ] || ${ways.join(' || ')}; then ${otherwise}; fi`;
}
