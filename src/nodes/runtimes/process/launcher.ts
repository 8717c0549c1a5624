/**
 * The program that starts containers: it does what its plan says, one step after the other, makes namespaces and mounts,
 * gives up rights and becomes a command. Plain Perl without modules, as perl-base has it, so that one process is enough
 * for a start, and a root needs no program of its own; what Perl has no word for goes by the number of the system call.
 *
 * A plan comes on descriptor 3: its length, then steps, each a list of strings that begins with the step's name
 * (`plan.ts`). What happened is told on 4, in lines: `ready`, `pid N`, `error WHY`; its end says that a command runs.
 */
export const LAUNCHER = String.raw`
use strict;

my (%nr, %fd, $dir, $tty, $peer, $error, @procs, @null);
my $name = '';

sub HERE () { -100 }
sub EMPTY_PATH () { 0x1000 }
sub RECURSIVE () { 0x8000 }
sub PATH_ONLY () { 0x200000 }
sub CLOSE () { 0x80000 }
sub RDONLY () { 1 }
sub EEXIST () { 17 }

# Strings are copied: the kernel gets a pointer, and Perl hands out none to what may not be written.
sub call { my ($what, @with) = @_; my $got = syscall($nr{$what}, @with); die "$what: $!\n" if $got == -1; $got }
sub let_go { syscall($nr{close}, $_[0] + 0) }
sub text { my ($path) = @_; open(my $in, '<', $path) or return; local $/; <$in> }
sub put {
  my ($path, $text) = @_;
  open(my $out, '>', $path) or die "opening $path: $!\n";
  defined syswrite($out, $text) or die "writing $path: $!\n";
}
sub tell_agent { my $line = "$_[0]\n"; syscall($nr{write}, 4, $line, length $line) }
my %handles;    # one that goes closes its descriptor
sub handle {
  my $of = $_[0] + 0;
  return $handles{$of} if $handles{$of};
  open(my $made, '+<&=', $of) or die "descriptor: $!\n";
  $handles{$of} = $made;
}
sub ticks { (split ' ', (text("/proc/$_[0]/stat") // '') =~ s/.*\) //sr)[19] // '' }

# A path of the container's. Links of /proc lead past its root, to what the launcher or another process has open.
sub look_up {
  my ($path, $what) = @_;
  my $got = syscall($nr{openat2}, HERE, $path, my $how = pack('QQQ', PATH_ONLY | CLOSE, 0, 2), 24);
  $got == -1 and die "$what: $!\n";
  $got;
}

# Makes a directory and those above it, as the path leads within this root, also where a link leads to what is not there.
sub folders {
  my ($path, $depth) = (@_, 0);
  die "too many links: $path\n" if $depth > 40;
  my $at = '';
  for my $part (grep { $_ ne '' && $_ ne '.' } split m{/}, $path) {
    if (-l "$at/$part" && !-e "$at/$part") {
      my $to = readlink "$at/$part";
      folders($to =~ m{^/} ? $to : "$at/$to", $depth + 1);
    }
    $at .= "/$part";
    let_go(look_up($at, $at)) if -l $at;
    mkdir($at, 0755) || -e $at || die "making $at: $!\n";
  }
}

sub beneath {
  my ($volume, $path) = @_;
  for (1 .. 50) {
    my $how = pack 'QQQ', PATH_ONLY | CLOSE, 0, 8 | 2;
    my $got = syscall($nr{openat2}, $volume + 0, $path, $how, 24);
    return $got if $got != -1;
    next if $! == 11;    # somebody renames while it is looked up
    return if $! == 2;
    die $! == 18 ? "subPath leads out of its volume\n" : "subPath: $!\n";
  }
  die "subPath: it changes all the time\n";
}

# The part of a volume, which its containers write to: no link in it leads out. What is missing is made.
sub part {
  my ($volume, $path) = @_;
  my @parts = grep { $_ ne '' && $_ ne '.' } split m{/}, $path;
  my $mode = (stat "/proc/self/fd/$volume")[2] & 0777;
  my $inner = sub { beneath($volume, join('/', @_) || '.') // die "subPath: it changes all the time\n" };
  for my $at (0 .. $#parts) {
    my $there = beneath($volume, join '/', @parts[0 .. $at]);
    if (defined $there) { let_go($there); next }
    my ($above, $new) = ($inner->(@parts[0 .. $at - 1]), $parts[$at]);
    syscall($nr{mkdirat}, $above, $new, 0755) == -1 and $! != EEXIST and die "subPath: $!\n";
    syscall($nr{fchmodat}, $above, $new, $mode + 0);
    let_go($above);
  }
  my $found = $inner->(@parts);
  let_go($volume);
  -p "/proc/self/fd/$found" and die "subPath is a pipe\n";
  my $tree = clone_tree($found, '');
  let_go($found);
  $tree;
}

sub attributes {
  my ($tree, $set, $spread, $recursive) = @_;
  call('mount_setattr', $tree + 0, '', EMPTY_PATH | ($recursive ? RECURSIVE : 0), pack('QQQQ', $set, 0, $spread, 0), 32);
}

# Files of a tree have their owners among the ids of a user namespace.
sub owners {
  my ($tree, $path, $users) = @_;
  my $how = pack 'QQQQ', 0x100000, 0, 0, $users;
  return if syscall($nr{mount_setattr}, $tree + 0, my $here = '', EMPTY_PATH | RECURSIVE, $how, 32) != -1;
  die "hostUsers: the file system of $path cannot map users: $!\n";
}

# Gives what was made for a container to its users: folders, which hold nothing of anybody else's.
sub give {
  my ($base, $path) = @_;
  my ($uid, $gid) = (lstat $path)[4, 5];
  return unless -d _;
  chown $base + $uid, $base + $gid, $path or die "$path: $!\n";
  opendir(my $folder, $path) or die "$path: $!\n";
  $_ eq '.' || $_ eq '..' || give($base, "$path/$_") for readdir $folder;
}

sub clone_tree {
  my ($at, $path) = @_;
  call('open_tree', $at + 0, $path, 1 | CLOSE | RECURSIVE | ($path eq '' ? EMPTY_PATH : 0));
}

sub file_system {
  my ($type, $set, @options) = @_;
  my $context = call('fsopen', $type, 1);
  while (my ($key, $value) = splice @options, 0, 2) { call('fsconfig', $context, $value eq '' ? (0, $key, 0) : (1, $key, $value), 0) }
  call('fsconfig', $context, 6, 0, 0, 0);
  my $mounted = call('fsmount', $context, 1, $set + 0);
  let_go($context);
  $mounted;
}

# Mounts what is open as $tree at the path, made when it is missing. What lies in /proc is the kernel's alone to say.
sub attach {
  my ($tree, $folder, $target, $system) = @_;
  if ($folder) { folders($target) }
  else {
    folders($target =~ s{/[^/]*$}{}r);
    -e $target || open(my $made, '>', $target) || die "making $target: $!\n";
  }
  my $at = look_up($target, $target);
  my $kind = "\0" x 256;
  syscall($nr{fstatfs}, $at, $kind) == -1 and die "$target: $!\n";
  die "$target is inside /proc, where nothing can be mounted\n" if !$system && unpack('q', $kind) == 0x9fa0;
  syscall($nr{move_mount}, $tree + 0, my $from = '', $at, my $to = '', 4 | 0x40) == -1 and die "$target: $!\n";
  let_go($at);
  let_go($tree);
}

sub record {
  my ($file, $text) = @_;
  put("$dir/$file.tmp", $text);
  rename "$dir/$file.tmp", "$dir/$file";
}

sub set_size { my ($rows, $columns) = @_; my $size = pack 'S4', $rows, $columns, 0, 0; syscall($nr{ioctl}, $tty, 0x5414, $size) }
sub await { my ($child) = @_; 1 while waitpid($child, 0) == -1 && $! == 4; $? }

# Carries bytes between a terminal and the descriptors 0 and 1 until the child ends; lines of "ROWS COLUMNS" size it.
sub relay {
  my ($child, $sizes, $input) = @_;
  my ($ended, $pending) = (undef, '');
  my $master = handle($tty);
  $SIG{CHLD} = sub { };
  while (1) {
    my $read = '';
    vec($read, $tty, 1) = 1;
    vec($read, 0, 1) = 1 if $input && !defined $ended;
    vec($read, $sizes, 1) = 1 if defined $sizes;
    my $count = select($read, undef, undef, defined $ended ? 0 : 1);
    if ($count > 0) {
      if (vec($read, $tty, 1)) {
        my $got = sysread($master, my $bytes, 65536);
        last unless $got;
        for (my $sent = 0; $sent < $got;) { my $more = syswrite(STDOUT, $bytes, $got - $sent, $sent) // last; $sent += $more }
      }
      if (vec($read, 0, 1)) {
        my $got = sysread(STDIN, my $bytes, 4096);
        $input = 0 unless $got;
        syswrite($master, $got ? $bytes : "\x04");
      }
      if (defined $sizes && vec($read, $sizes, 1)) {
        my $bytes = "\0" x 256;
        my $got = syscall($nr{read}, $sizes + 0, $bytes, 256);
        if ($got > 0) {
          $pending .= substr $bytes, 0, $got;
          set_size($1, $2) while $pending =~ s/^(\d+) (\d+)\n//;
        }
        else { undef $sizes }
      }
    }
    elsif (defined $ended) { last }
    if (!defined $ended && waitpid($child, 1) == $child) { $ended = $? }
  }
  defined $ended ? $ended : await($child);
}

sub receive_terminal {
  my ($control, $byte) = ("\0" x 24, "\0");
  my $iov = pack 'PQ', $byte, 1;
  my $message = pack 'QLx4PQPQix4', 0, 0, $iov, 1, $control, 24, 0;
  my $got = syscall($nr{recvmsg}, $peer + 0, $message, 0x40000000);
  $got == 1 ? unpack('x16i', $control) : undef;
}

sub send_terminal {
  my ($socket, $master) = @_;
  my ($control, $byte) = (pack('QiiIx4', 20, 1, 1, $master), "\0");
  my $iov = pack 'PQ', $byte, 1;
  call('sendmsg', $socket + 0, pack('QLx4PQPQix4', 0, 0, $iov, 1, $control, 24, 0), 0);
}

# What remains outside: keeps how the child ends.
sub stay {
  my ($child, $sizes, $input) = @_;
  $SIG{TERM} = sub { kill 'KILL', -$child, $child } unless defined $dir;
  record('pid', "$child " . ticks($child)) if defined $dir;
  tell_agent("pid $child");
  let_go(4);
  my $status = defined $tty && defined($tty = receive_terminal()) ? relay($child, $sizes, $input) : await($child);
  my $code = $status & 127 ? 128 + ($status & 127) : $status >> 8;
  record('exit', $code) if defined $dir;
  exit $code;
}

sub join_cgroups {
  for (splice @procs) {
    my $self = '0';
    syscall($nr{write}, $_, $self, 1) == 1 or die "joining the cgroup: $!\n";
    let_go($_);
  }
}

sub program {
  my ($word, $path) = @_;
  if ($word =~ m{/}) {
    my $why = !-e $word ? 'no such file or directory' : -d _ ? 'is a directory' : -x $word ? '' : 'permission denied';
    die "exec: \"$word\": $why\n" if $why ne '';
    return $word;
  }
  for (split /:/, $path) { my $at = ($_ eq '' ? '.' : $_) . "/$word"; return $at if -x $at && !-d _ }
  die "exec: \"$word\": executable file not found in \$PATH\n";
}

my %step = (
  calls => sub { %nr = @_ },
  directory => sub { $dir = $_[0]; record('launcher', "$$ " . ticks($$)) },
  errors => sub { $error = call('openat', HERE, $_[0], 01101 | CLOSE, 0600) },
  alive => sub { my ($pid, $since) = @_; ticks($pid) eq $since or die "process $pid is gone\n" },
  open => sub { my ($as, $path, $flags) = @_; $fd{$as} = call('openat', HERE, $path, $flags | CLOSE, 0600) },
  close => sub { let_go(delete $fd{$_[0]}) },
  pidfd => sub { my ($as, $pid) = @_; $fd{$as} = call('pidfd_open', $pid + 0, 0) },
  setns => sub { my ($of, $kinds) = @_; call('setns', $fd{$of}, $kinds + 0); let_go(delete $fd{$of}) },
  unshare => sub { call('unshare', $_[0] + 0) },
  write => sub { put(@_) },
  folder => sub { my ($path, $mode) = @_; folders($path); !defined $mode || chmod oct($mode), $path or die "$path: $!\n" },
  link => sub { my ($to, $path) = @_; symlink $to, $path or $! == EEXIST or die "$path: $!\n" },
  whiteout => sub { call('mknodat', HERE, $_[0], 0020000, 0) },
  node => sub { my ($path, $mode, $device) = @_; call('mknodat', HERE, $path, $mode + 0, $device + 0); chmod $mode & 07777, $path },
  unmount => sub { call('umount2', $_[0], 2) },
  chdir => sub { chdir $_[0] or die "chdir to $_[0]: $!\n" },
  hostname => sub { call('sethostname', $_[0], length $_[0]) },
  spread => sub { call('mount', 0, $_[0], 0, $_[1] + 0, 0) },
  mount => sub { my ($type, $at, $flags, $data) = @_; call('mount', $type, $at, $type, $flags + 0, $data) },
  fifo => sub { my ($path) = @_; call('mknodat', HERE, $path, 0010666, 0); chmod 0666, $path },
  ready => sub { tell_agent('ready'); my $go = ' '; syscall($nr{read}, 3, $go, 1) == 1 or exit 1 },
  # NAME SOURCE SUBPATH ATTRIBUTES SPREAD RECURSIVE USERS
  tree => sub {
    my ($as, $path, $sub, $set, $spread, $recursive, $users) = @_;
    my $tree = $sub eq '' ? clone_tree(HERE, $path) : part(call('openat', HERE, $path, PATH_ONLY | CLOSE, 0), $sub);
    $fd{$as} = $tree;
    $fd{"$as folder"} = -d "/proc/self/fd/$tree" ? 1 : 0;
    attributes($tree, $set & ~RDONLY, $spread, 1) if $set & ~RDONLY || $spread > 0;
    attributes($tree, RDONLY, 0, $recursive) if $set & RDONLY;
    owners($tree, $path, $fd{$users}) if ($users // '') ne '';
  },
  filesystem => sub { my $as = shift; $fd{"$as folder"} = 1; $fd{$as} = file_system(@_) },
  attach => sub { my ($as, $target) = @_; attach($fd{$as}, $fd{"$as folder"}, $target) },
  # a part of the system, at a path that is no link
  system => sub {
    my ($as, $target) = @_;
    die "$target is a link\n" if -l $target;
    attach($fd{$as}, $fd{"$as folder"}, $target, 1);
  },
  protect => sub { attributes(call('openat', HERE, $_[0], PATH_ONLY | CLOSE, 0), $_[1], 0, 0) },
  # the working directory becomes the root
  pivot => sub {
    call('pivot_root', '.', '.');
    call('umount2', '.', 2);
    chdir '/';
  },
  nulls => sub { push @null, clone_tree(HERE, '/dev/null') for 1 .. $_[0] },
  mask => sub {
    my ($path) = @_;
    return unless -e $path;
    if (-d _) { attach(file_system('tmpfs', 15, 'size', '4k', 'mode', '0555'), 1, $path, 1) }
    else { attach(pop @null, 0, $path, 1) }
  },
  readonly => sub {
    my ($path) = @_;
    return unless -e $path;
    my $folder = -d _;
    my $tree = clone_tree(HERE, $path);
    attributes($tree, RDONLY, 0, 1);
    attach($tree, $folder, $path, 1);
  },
  # What may be opened of the machine's devices from a cgroup (v2): CGROUP PROGRAM; without a cgroup it is only checked.
  devices => sub {
    my ($path, $program) = @_;
    my ($count, $license, $how) = (length($program) / 8, 'GPL', '');
    $how = pack 'LLPPLLQLL', 15, $count, $program, $license, 0, 0, 0, 0, 0;
    my $loaded = call('bpf', 5, $how, 48);
    if ($path ne '') {
      my $at = call('openat', HERE, $path, CLOSE, 0);
      # it and those of the cgroups above all have to allow
      my $to = pack 'LLLLL', $at, $loaded, 6, 2, 0;
      call('bpf', 8, $to, 20);
      let_go($at);
    }
    let_go($loaded);
  },
  cgroup => sub { push @procs, call('openat', HERE, $_[0], 1 | CLOSE, 0) },
  # The parent carries between a terminal of the child's and its own descriptors.
  terminal => sub {
    my $pair = "\0" x 8;
    syscall($nr{socketpair}, 1, 5 | CLOSE, 0, $pair) == -1 and die "$!\n";
    ($peer, $fd{other}) = unpack 'ii', $pair;
    $tty = -1;
  },
  # What follows is done by a child in new namespaces of these kinds. KINDS SIZES INPUT OOM-SCORE
  child => sub {
    my ($kinds, $sizes, $input, $score) = @_;
    my $child = call('clone', $kinds | 17, 0, 0, 0, 0);
    if ($child) {
      let_go($fd{other}) if exists $fd{other};
      stay($child, $sizes eq '' ? undef : $fd{$sizes} // 3, $input);
    }
    let_go($peer) if defined $peer;
    put('/proc/self/oom_score_adj', $score);
    call('prctl', 4, 0, 0, 0, 0);
    join_cgroups();
  },
  stdio => sub { my @of = @_; call('dup3', $fd{$of[$_]}, $_, 0) for 0 .. 2 },
  slave => sub {
    my ($uid) = @_;
    my $master = call('openat2', HERE, '/dev/pts/ptmx', pack('QQQ', 2 | 0400 | CLOSE, 0, 4), 24);
    (stat handle($master))[6] == 0x502 or die "/dev/pts/ptmx is no terminal\n";
    call('ioctl', $master, 0x40045431, pack('i', 0));
    my $slave = call('ioctl', $master, 0x5441, 2 | 0400);
    call('fchown', $slave, $uid + 0, -1);
    send_terminal($fd{other}, $master);
    call('setsid');
    call('dup3', $slave, $_, 0) for 0 .. 2;
    call('ioctl', 0, 0x540E, 0);
  },
  session => sub { call('setsid') },
  give => sub { give(@_) },
  # A user namespace with so many of the host's ids: BASE COUNT. Who is in it cannot write that down himself.
  users => sub {
    my ($base, $count) = @_;
    my $self = $$;
    pipe(my $in, my $out) or die "$!\n";
    my $writer = fork // die "$!\n";
    if (!$writer) {
      close $out;
      sysread($in, my $go, 1) == 1 or exit 1;
      eval { put("/proc/$self/$_", "0 $base $count") for 'uid_map', 'gid_map'; 1 } or exit 1;
      exit 0;
    }
    call('unshare', 0x10000000);
    syswrite($out, 'g');
    await($writer) and die "the ids of the pod could not be mapped\n";
  },
  umask => sub { umask oct $_[0] },
  # Lets go of all that is open but the streams, the agent and where errors are told: nothing of outside is left to be found.
  seal => sub {
    my $kept = $error // 4;
    call('close_range', 5, $kept - 1, 0) if $kept > 5;
    call('close_range', $kept + 1, 0xffffffff, 0);
  },
  # keys of its own: those of the agent's session are not for a process that may ask for keys
  keyring => sub { syscall($nr{keyctl}, 1, 0, 0, 0, 0) == -1 && $! != 1 && $! != 38 and die "$!\n" },
  # no more than the agent itself may have: that is not to be raised
  processes => sub {
    syscall($nr{prlimit64}, 0, 6, 0, my $now = pack 'QQ', 0, 0) == -1 and die "$!\n";
    my (undef, $most) = unpack 'QQ', $now;
    $most = $_[0] if $_[0] < $most;
    call('prlimit64', 0, 6, pack('QQ', $most, $most), 0);
  },
  # UID GID GROUPS, then the capabilities that leave the bounding set
  identity => sub {
    my ($uid, $gid, $groups, @drop) = @_;
    # an older kernel knows fewer of them
    syscall($nr{prctl}, 24, $_ + 0, 0, 0, 0) == -1 && $! != 22 and die "$!\n" for @drop;
    call('prctl', 47, 4, 0, 0, 0);
    my @groups = split ' ', $groups;
    call('setgroups', scalar @groups, pack 'L*', @groups) if $groups ne '-';
    call('setresgid', $gid + 0, $gid + 0, $gid + 0);
    call('prctl', 8, 1, 0, 0, 0);
    call('setresuid', $uid + 0, $uid + 0, $uid + 0);
    call('prctl', 4, 0, 0, 0, 0);
  },
  # effective, permitted, inheritable: each in two words
  capabilities => sub { call('capset', pack('Li', 0x20080522, 0), pack 'L6', @_[0, 2, 4, 1, 3, 5]) },
  noNewPrivileges => sub { call('prctl', 38, 1, 0, 0, 0) },
  seccomp => sub { my ($flags, $program) = @_; call('seccomp', 1, $flags + 0, pack('Sx6P', length($program) / 8, $program)) },
  done => sub { tell_agent("pid $$"); exit 0 },
  # lives as long as the agent
  wait => sub { tell_agent("pid $$"); let_go(4); my $end = ' '; syscall($nr{read}, 3, $end, 1); exit 0 },
  # lives as long as its pod
  hold => sub {
    join_cgroups();
    record('pid', "$$ " . ticks($$));
    tell_agent("pid $$");
    syscall($nr{close_range}, 0, 0xffffffff, 0);
    $SIG{CHLD} = 'IGNORE';
    sleep 86400 while 1;
  },
  # The first process of a PID namespace that containers share, in an empty root. KINDS FOLDER SPREAD
  pause => sub {
    return if call('clone', $_[0] | 17, 0, 0, 0, 0);
    call('prctl', 4, 0, 0, 0, 0);
    call('prctl', 1, 9, 0, 0, 0);
    # what is unmounted here would be unmounted on the host too, wherever that shares its mounts
    call('mount', 0, '/', 0, $_[2] + 0, 0);
    attach(file_system('tmpfs', 15, 'size', '4k'), 1, $_[1], 1);
    chdir $_[1];
    call('pivot_root', '.', '.');
    call('umount2', '.', 2);
    call('capset', pack('Li', 0x20080522, 0), pack 'L6', (0) x 6);
    syscall($nr{close_range}, 0, 0xffffffff, 0);
    $0 = '/pause';
    $SIG{CHLD} = 'IGNORE';
    sleep 86400 while 1;
  },
  # COUNT COMMAND… VARIABLE…
  execute => sub {
    my $count = shift;
    my @command = splice @_, 0, $count;
    my @variables = @_;
    my ($path) = map { /^PATH=(.*)/s ? $1 : () } @variables;
    my $file = program($command[0], $path // '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
    my $argv = pack 'P' x @command . 'Q', @command, 0;
    my $env = pack 'P' x @variables . 'Q', @variables, 0;
    syscall($nr{close_range}, 3, 0xffffffff, 4);
    syscall($nr{execve}, $file, $argv, $env);
    die "exec: \"$command[0]\": \l$!\n";
  },
);

sub take {
  my ($count) = @_;
  my $got = '';
  while (length $got < $count) {
    my $bytes = "\0" x 65536;
    my $left = $count - length $got;
    my $read = syscall($nr{read} // $ARGV[0] + 0, 3, $bytes, $left < 65536 ? $left : 65536);
    exit 1 unless $read > 0;
    $got .= substr $bytes, 0, $read;
  }
  $got;
}

$^F = 2;
my $plan = take(unpack 'N', take(4));
eval {
  for (unpack '(N/a*)*', $plan) {
    ($name, my @words) = unpack '(N/a*)*', $_;
    ($step{$name} // die "unknown step\n")->(@words);
  }
  1;
} or do {
  my $why = $@ =~ s/\s+$//r;
  $why = "$name: $why" unless $why =~ /^exec:/;
  syscall($nr{write}, $error, $why, length $why) if defined $error;
  tell_agent("error $why");
  exit 128;
};
`;
