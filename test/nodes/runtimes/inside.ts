import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Container, Pod, SecurityContext } from '../../../schema/types.ts';
import type { Cgroups, Controller } from '../../../src/nodes/cgroups/contract.ts';
import { openNodeCgroups } from '../../../src/nodes/cgroups/node-cgroups.ts';
import type { LimitOptions } from '../../../src/nodes/contract.ts';
import { LogStore } from '../../../src/nodes/logs/log-store.ts';
import { readLog } from '../../../src/nodes/logs/read-log.ts';
import { attemptCgroup, sandboxCgroup } from '../../../src/nodes/pods/container-cgroup.ts';
import { machineSecurity } from '../../../src/nodes/pods/machine-security.ts';
import { probeCapabilities } from '../../../src/nodes/runtimes/process/capabilities.ts';
import { ProcessRuntime } from '../../../src/nodes/runtimes/process/process-runtime.ts';
import type { BindMount, PodSandboxSpec } from '../../../src/nodes/runtimes/runtime.ts';
import { removeTree } from '../../../src/rules/machine/unmount.ts';
import { realClock } from '../support.ts';
import { sandboxSpec, securityOf } from './specs.ts';

/** What lies in the data folder, and nobody is to read. */
export const SECRET = 'the-secret-of-another-pod';

export interface Tried {
  own?: SecurityContext;
  pod?: Partial<PodSandboxSpec>;
  mounts?: BindMount[];
  workingDir?: string;
  /** of the container, and of what is run beside it */
  env?: Record<string, string>;
  /** of the container */
  resources?: NonNullable<Container['resources']>;
  /** the node refuses what it cannot hold to its limits */
  requireLimits?: boolean;
  /** run beside the container, which then only waits */
  beside?: boolean;
  /** done when the container runs, and nothing beside it yet */
  meanwhile?: () => void;
  /** in place of a shell that runs the script */
  command?: string[];
}

/** A process runtime with a data folder that holds secrets, and containers in it that try something. */
export class Inside {
  readonly data = mkdtempSync(join(tmpdir(), 'ku7s-data-'));
  readonly can = probeCapabilities(tmpdir());
  readonly logs = new LogStore(join(this.data, 'logs'), Date.now);
  readonly runtime: ProcessRuntime;
  private readonly cgroups: Cgroups | undefined;
  /** what this node cannot enforce and why; empty where it enforces all */
  readonly missing: string;
  private count = 0;
  /** as the server has it */
  private readonly umask = process.umask(0o077);

  /** @param limits of the node */
  constructor(limits: LimitOptions = {}) {
    const { data, can, logs } = this;
    const { cgroups, podPids, missing } = openNodeCgroups(
      mkdtempSync(join(tmpdir(), 'ku7s-cgroups-')),
      realClock,
      limits,
    );
    this.cgroups = cgroups;
    this.missing = missing;
    mkdirSync(join(data, 'pods', 'other', 'volumes', 'token'), { recursive: true });
    writeFileSync(join(data, 'pods', 'other', 'volumes', 'token', 'secret'), SECRET);
    writeFileSync(join(data, 'key'), SECRET);
    const { available } = machineSecurity();
    const root = join(data, 'pods');
    this.runtime = new ProcessRuntime({ root, data, can, available, podPids, logs, clock: realClock });
  }

  /** Whether something holds a pod to its processes: a cgroup, or the limit of its user namespace. */
  get limitsProcesses(): boolean {
    return !this.can.root || this.enforces('pids');
  }

  /** Whether a cgroup holds containers to their part of it. */
  enforces(controller: Controller): boolean {
    return this.cgroups?.enforces.has(controller) ?? false;
  }

  /** Of a pod that no other has. */
  identity(): { namespace: string; name: string; uid: string } {
    return { namespace: 'default', name: 'p', uid: `tried-${++this.count}` };
  }

  /** What a shell script in a container prints, and its exit code. */
  async run(script: string, tried: Tried = {}): Promise<{ code: number; out: string }> {
    const { own = {}, pod = {}, mounts = [], beside = false, workingDir, env = {}, resources = {} } = tried;
    const { cgroups, runtime } = this;
    const identity = this.identity();
    const object = podOf(identity.uid, { securityContext: own, resources });
    const context = { cgroups, runtime, unenforced: { why: this.missing, refused: tried.requireLimits ?? false } };
    const cgroup = sandboxCgroup(object, new Map(), context);
    const attempt = attemptCgroup(object, object.spec!.containers[0]!, 0, mounts, context);
    const sandbox = await runtime.startPod(sandboxSpec({ pod: identity, cgroup, ...pod }));
    const command = tried.command ?? ['/bin/sh', '-c', `exec 2>&1; ${script}`];
    const starting = runtime.start({
      pod: identity,
      name: 'c',
      attempt: 0,
      command: beside ? ['/bin/sleep', '1000'] : command,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', DATA: this.data, ...env },
      root: { kind: 'host' },
      mounts,
      workingDir,
      sandbox,
      security: securityOf(own),
      cgroup: attempt,
      stdin: false,
      tty: false,
    });
    const remove = async (): Promise<void> => {
      await runtime.removePod(identity);
      await cgroups?.find(identity.uid)?.remove();
    };
    const container = await starting.catch(async (error: unknown) => {
      await remove();
      throw error;
    });
    let out = '';
    let code: number;
    tried.meanwhile?.();
    if (beside) {
      const session = runtime.exec(container, command);
      session.onOutput((_, chunk) => (out += chunk.toString()));
      code = await session.exited;
      container.kill();
      await container.exited;
    } else {
      const exit = await container.exited;
      code = exit.exitCode;
      const { signal } = new AbortController();
      const path = this.logs.path(identity, 'c', 0);
      for await (const chunk of readLog(this.logs, path, {}, () => false, signal)) out += chunk.toString();
      out += exit.startError ?? '';
    }
    await remove();
    return { code, out };
  }

  async close(): Promise<void> {
    process.umask(this.umask);
    await this.cgroups?.close();
    await removeTree(this.data);
  }
}

const podOf = (uid: string, container: Partial<Container>): Pod => ({
  metadata: { name: 'p', namespace: 'default', uid, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { containers: [{ name: 'c', ...container }] },
});
