/** A host file or directory that a container sees at `target`. */
export interface BindMount {
  source: string;
  target: string;
  readOnly: boolean;
  /** the source is a file, so the mount point must be one */
  file?: boolean;
}

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
    ...[...mounts].sort((a, b) => a.target.split('/').length - b.target.split('/').length).map(bind),
  ].join('\n');
}

const OVERLAYS = `for p in /*; do
  n="\${p#/}"
  case "$n" in proc|sys|dev|lost+found) continue;; esac
  if [ -L "$p" ]; then ln -s "$(readlink "$p")" "$r/$n"
  elif [ -d "$p" ]; then
    mkdir -p "$r/$n" "$l/$n/u" "$l/$n/w"
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

function bind(mount: BindMount): string {
  const target = `"$r"${shellQuote(mount.target)}`;
  const prepare = mount.file
    ? `mkdir -p "$(dirname ${target})"; [ -e ${target} ] || : > ${target}`
    : `mkdir -p ${target}`;
  // A bind mount takes the options of its source; read-only needs a second step.
  const readOnly = mount.readOnly ? `\nmount -o remount,bind,ro ${target}` : '';
  return `${prepare}\nmount --rbind ${shellQuote(mount.source)} ${target}${readOnly}`;
}
