import type { Container, Pod } from '../../../schema/types.ts';
import type { AgentContext } from './agent-context.ts';
import { ContainerWorker, type ContainerHost } from './container-worker.ts';
import { initDone } from './pod-phase.ts';
import { isSidecar, restarts } from './restart-policy.ts';

/** The containers of one pod, and the order in which they start and end. */
export class PodContainers {
  readonly init: readonly ContainerWorker[];
  readonly main: readonly ContainerWorker[];
  /** those that have been added to the pod since: they are never started again (KEP-277) */
  private ephemeral: readonly ContainerWorker[] = [];

  constructor(
    private readonly host: ContainerHost,
    private readonly context: AgentContext,
  ) {
    const { spec } = host.pod();
    this.init = (spec?.initContainers ?? []).map((each) => this.worker(each));
    this.main = (spec?.containers ?? []).map((each) => this.worker(each));
    this.update();
  }

  get all(): ContainerWorker[] {
    return [...this.init, ...this.main, ...this.ephemeral];
  }

  get added(): readonly ContainerWorker[] {
    return this.ephemeral;
  }

  /** Takes in the ephemeral containers that the pod has got. */
  update(): void {
    const specs = this.host.pod().spec?.ephemeralContainers ?? [];
    const more = specs.filter(({ name }) => !this.ephemeral.some((each) => each.name === name));
    if (more.length) this.ephemeral = [...this.ephemeral, ...more.map((each) => this.worker(each))];
  }

  private worker(container: Container): ContainerWorker {
    return new ContainerWorker(container, this.host, this.context);
  }

  get running(): boolean {
    return this.all.some((each) => each.running);
  }

  /**
   * Starts what may start now: ephemeral containers, init containers one after the other, then all main ones.
   * @returns ms after which to look again, undefined when an event will tell
   */
  advance(): number | undefined {
    const pod = this.host.pod();
    const waits: (number | undefined)[] = this.ephemeral.map((each) => each.ensureRunning(() => false));
    const mainBegan = this.main.some((each) => each.running || each.terminated);
    const over = this.mainOver(pod);
    for (const each of this.init) {
      const done = initDone(pod, each.container, each.record);
      if (isSidecar(pod, each.container)) {
        if (over) continue;
        waits.push(each.ensureRunning(() => true));
      } else if (!done && !mainBegan) {
        waits.push(each.ensureRunning((code) => restarts(pod, each.container, code)));
      }
      if (!done && !mainBegan) return minimum(waits);
    }
    if (over) this.stopSidecars();
    for (const each of this.main) waits.push(each.ensureRunning((code) => restarts(pod, each.container, code)));
    return minimum(waits);
  }

  /**
   * Main and ephemeral containers first, then init containers and sidecars, last started first; all within the grace period.
   * @param mostMs of it that they get, when the agent has no more itself
   */
  async stop(mostMs = Infinity): Promise<void> {
    const { clock } = this.context;
    const grace = Math.min(mostMs, graceMs(this.host.pod()));
    const until = clock.now() + grace;
    await Promise.all(
      [...this.main, ...this.ephemeral].map((each) => each.stop(grace, `Stopping container ${each.name}`)),
    );
    for (const each of [...this.init].reverse()) {
      const left = Math.min(graceMs(this.host.pod()), until - clock.now());
      await each.stop(Math.max(0, left), `Stopping container ${each.name}`);
    }
  }

  /** Containers that are being stopped have no more than the grace period that is said now. */
  hasten(): void {
    for (const each of this.all) if (each.isStopping) void each.stop(graceMs(this.host.pod()), '');
  }

  /** Takes over what an earlier run of the agent left. */
  async recover(): Promise<void> {
    await Promise.all(this.all.map((each) => each.recover()));
  }

  /** The agent ends: nothing begins any more. What runs is left to run unless it is stopped. */
  release(): void {
    for (const each of this.all) each.release();
  }

  private mainOver(pod: Pod): boolean {
    return this.main.every((each) => each.terminated && !restarts(pod, each.container, each.terminated.exitCode));
  }

  /** Sidecars end after the others, last started first (KEP-753). */
  private stopSidecars(): void {
    const last = this.init.findLast((each) => each.running);
    if (last) void last.stop(graceMs(this.host.pod()), `Stopping container ${last.name}`);
  }
}

/** How long the pod's containers have to end, ms. */
export const graceMs = ({ metadata, spec }: Pod): number =>
  (metadata.deletionGracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? 30) * 1000;

function minimum(waits: readonly (number | undefined)[]): number | undefined {
  const known = waits.filter((each) => each !== undefined);
  return known.length ? Math.min(...known) : undefined;
}
