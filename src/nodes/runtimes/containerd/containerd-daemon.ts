import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, openSync, closeSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../rules/clock.ts';
import { runCommand } from '../../../rules/machine/run-command.ts';
import { machinePlatform } from '../../images/oci/platform.ts';
import { CniPlugin } from './cni-plugin.ts';
import { CriClient } from './cri-client.ts';
import { pauseArchive, PAUSE_IMAGE } from './pause-image.ts';

/** How long containerd may take to answer after its start, ms, and how often it is asked. */
const START_MS = 60_000;
const POLL_MS = 100;
/** How soon one that has ended is started again, ms: doubled from the first to the last. */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 60_000;
/** A path of a unix socket has no room for more. */
const MAX_SOCKET = 100;
/** Namespace of CRI's images and containers within containerd. */
const NAMESPACE = 'k8s.io';

export interface DaemonOptions {
  /** of the node's own, made when missing */
  directory: string;
  clock: Clock;
  log(message: string, fields?: Record<string, unknown>): void;
}

/**
 * A containerd of the node's own, with its images, containers and socket below the node's folder, whatever containerd
 * the machine runs besides. It outlives the agent, as its containers do, and is started again when it ends.
 */
export class ContainerdDaemon {
  readonly cni: CniPlugin;
  /** `1.6.20` */
  version = '';
  private child: ChildProcess | undefined;
  private stopping = false;
  private retries = 0;

  private constructor(
    private readonly options: DaemonOptions,
    private readonly socket: string,
    readonly cri: CriClient,
  ) {
    this.cni = new CniPlugin(join(options.directory, 'cni'));
  }

  /** Starts it, or takes the one that runs. @throws Error where the machine has none, or it does not begin */
  static async open(options: DaemonOptions): Promise<ContainerdDaemon> {
    const { directory } = options;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const socket = socketPath(directory);
    const daemon = new ContainerdDaemon(options, socket, await CriClient.open(socket));
    daemon.cni.install();
    await runCommand('containerd', ['--version']);
    if (!(await daemon.answers())) daemon.spawn();
    await daemon.ready();
    await daemon.importPause();
    return daemon;
  }

  /** Its own command line, of the same version. */
  ctr(...args: string[]): Promise<string> {
    return runCommand('ctr', ['--address', this.socket, '--namespace', NAMESPACE, ...args]);
  }

  /** @param kill whether it ends; without that it is there for the next agent */
  async stop(kill: boolean): Promise<void> {
    this.stopping = true;
    this.cri.close();
    if (!kill) return;
    const pid = this.child?.pid ?? this.runningPid();
    if (!pid) return;
    const { clock } = this.options;
    try {
      process.kill(pid, 'SIGTERM');
      for (let left = START_MS; left > 0; left -= POLL_MS) {
        process.kill(pid, 0);
        await new Promise((resolve) => clock.setTimeout(() => resolve(undefined), POLL_MS));
      }
      process.kill(pid, 'SIGKILL');
    } catch {
      // it has ended
    }
  }

  private spawn(): void {
    const { directory, log, clock } = this.options;
    const file = join(directory, 'config.toml');
    writeFileSync(file, this.config());
    const output = openSync(join(directory, 'containerd.log'), 'w', 0o600);
    // what containers are given, others may enter, whatever this process's umask is
    const run = 'umask 022; exec containerd --config "$0" --log-level warn';
    const child = spawn('/bin/sh', ['-c', run, file], { stdio: ['ignore', output, output], detached: true });
    closeSync(output);
    writeFileSync(join(directory, 'pid'), String(child.pid ?? ''));
    this.child = child;
    const began = clock.now();
    child.once('error', (error) => log('containerd cannot be started', { error: error.message }));
    child.once('exit', (code, signal) => {
      if (this.stopping || this.child !== child) return;
      if (clock.now() - began > LAST_RETRY_MS) this.retries = 0;
      const wait = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.retries++, 10));
      log('containerd has ended and is started again', { code, signal, waitMs: wait });
      clock.setTimeout(() => !this.stopping && this.spawn(), wait);
    });
    child.unref();
  }

  private config(): string {
    const { directory } = this.options;
    const text = JSON.stringify;
    return `version = 2
root = ${text(join(directory, 'root'))}
state = ${text(join(directory, 'state'))}
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]

[grpc]
  address = ${text(this.socket)}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${text(PAUSE_IMAGE)}
  # a container in a container may not be given a better score than its own
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = ${text(this.cni.binDir)}
    conf_dir = ${text(this.cni.confDir)}
`;
  }

  private async answers(): Promise<boolean> {
    try {
      const { runtime_version } = await this.cri.call('RuntimeService/Version', {}, { timeoutMs: 2000 });
      this.version = runtime_version.split('~')[0]!.replace(/^v/, '');
      const { status } = await this.cri.call('RuntimeService/Status', {}, { timeoutMs: 2000 });
      return status.conditions.every((each) => each.status);
    } catch {
      return false;
    }
  }

  private async ready(): Promise<void> {
    const { clock, directory } = this.options;
    for (let left = START_MS; left > 0; left -= POLL_MS) {
      if (await this.answers()) return;
      await new Promise((resolve) => clock.setTimeout(() => resolve(undefined), POLL_MS));
    }
    throw new Error(`containerd does not answer; see ${join(directory, 'containerd.log')}`);
  }

  private async importPause(): Promise<void> {
    const { image } = await this.cri.call('ImageService/ImageStatus', {
      image: { image: PAUSE_IMAGE },
      verbose: false,
    });
    if (image) return;
    const file = join(this.options.directory, 'pause.tar');
    writeFileSync(file, await pauseArchive(machinePlatform().architecture));
    await this.ctr('images', 'import', file);
  }

  private runningPid(): number | undefined {
    try {
      const { directory } = this.options;
      const pid = Number(readFileSync(join(directory, 'pid'), 'utf8'));
      const ours = readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(join(directory, 'config.toml'));
      return ours ? pid : undefined;
    } catch {
      return undefined;
    }
  }
}

/** In the folder, or where that has too long a name, in one of the machine's for what runs. */
function socketPath(directory: string): string {
  const usual = join(directory, 'containerd.sock');
  if (usual.length <= MAX_SOCKET) return usual;
  const short = join('/run', `ku7s-${createHash('sha256').update(directory).digest('hex').slice(0, 12)}`);
  mkdirSync(short, { recursive: true, mode: 0o700 });
  return join(short, 'containerd.sock');
}
