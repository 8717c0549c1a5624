import { join } from 'node:path';
import type { Pod } from '../../../schema/types.ts';
import { qosClass, type QosClass } from '../../rules/qos-class.ts';
import type { Bounds, CgroupLimits, Cgroups, CgroupStats, ContainerCgroup, Controller, PodCgroup } from './contract.ts';
import { burstableMilli, MIN_SHARES, podLimits, sharesOf } from './figures.ts';
import type { DeviceRule, HeldDevices } from './devices.ts';
import type { Hierarchy } from './hierarchy.ts';

const ROOT = 'kubepods';
const CLASSES: Readonly<Record<QosClass, string>> = {
  Guaranteed: ROOT,
  Burstable: join(ROOT, 'burstable'),
  BestEffort: join(ROOT, 'besteffort'),
};
/** Of a cgroup with processes that end slowly: ms until the next try, at first and at most, and tries. */
const FIRST_WAIT_MS = 2;
const LAST_WAIT_MS = 250;
const TRIES = 24;

export interface KubepodsOptions {
  /** processes and threads that each pod may have; -1 for as many as all together */
  podPids: number;
  bounds: Bounds;
  missing: string;
  wait(ms: number): Promise<void>;
}

/** The kubelet's tree of cgroups, on either interface of the kernel. */
export class Kubepods implements Cgroups {
  readonly version: 1 | 2;
  readonly enforces: ReadonlySet<Controller>;
  readonly missing: string;
  readonly bounds: Bounds;
  readonly devices: Cgroups['devices'];

  constructor(
    private readonly hierarchy: Hierarchy,
    private readonly options: KubepodsOptions,
  ) {
    this.version = hierarchy.version;
    this.enforces = hierarchy.enforces;
    this.missing = options.missing;
    this.bounds = options.bounds;
    this.devices = hierarchy.devices;
    for (const path of new Set(Object.values(CLASSES))) hierarchy.make(path, false);
    hierarchy.write(CLASSES.BestEffort, { cpuShares: MIN_SHARES });
  }

  limit(limits: CgroupLimits): void {
    this.hierarchy.write(ROOT, limits);
  }

  pod(pod: Pod, allowed?: readonly DeviceRule[]): PodCgroup {
    const { uid } = pod.metadata;
    // one that was left half made is completed
    const path = this.pathOf(uid) ?? join(CLASSES[qosClass(pod.spec)], `pod${uid}`);
    this.hierarchy.make(path, false);
    const limits = pod.spec ? podLimits(pod.spec) : {};
    this.hierarchy.write(path, { ...limits, pids: this.options.podPids });
    return this.at(path, allowed && this.hierarchy.hold(path, allowed));
  }

  find(uid: string): PodCgroup | undefined {
    const path = this.pathOf(uid);
    return path === undefined ? undefined : this.at(path);
  }

  balance(pods: readonly Pod[]): void {
    this.hierarchy.write(CLASSES.Burstable, { cpuShares: sharesOf(burstableMilli(pods)) });
  }

  stats(): CgroupStats {
    return this.hierarchy.stats(ROOT);
  }

  async collect(isKnown: (uid: string) => boolean): Promise<void> {
    for (const parent of Object.values(CLASSES)) {
      for (const name of this.hierarchy.children(parent)) {
        if (name.startsWith('pod') && !isKnown(name.slice('pod'.length))) await this.removeTree(join(parent, name));
      }
    }
  }

  async close(): Promise<void> {
    await this.removeTree(ROOT);
    this.hierarchy.remove('');
  }

  private pathOf(uid: string): string | undefined {
    return Object.values(CLASSES)
      .map((each) => join(each, `pod${uid}`))
      .find((each) => this.hierarchy.exists(each));
  }

  private at(path: string, devices?: HeldDevices): PodCgroup {
    const { hierarchy } = this;
    return {
      path: join(hierarchy.path, path),
      devices,
      container: (name, limits, allowed) => {
        const below = join(path, name);
        hierarchy.make(below, true);
        hierarchy.write(below, limits);
        return this.containerAt(below, allowed && hierarchy.hold(below, allowed));
      },
      find: (name) => (hierarchy.exists(join(path, name)) ? this.containerAt(join(path, name)) : undefined),
      stats: () => hierarchy.stats(path),
      update: (limits) => hierarchy.write(path, limits),
      limits: () => hierarchy.limits(path),
      remove: () => this.removeTree(path),
    };
  }

  private containerAt(path: string, devices?: HeldDevices): ContainerCgroup {
    const { hierarchy } = this;
    return {
      procs: hierarchy.procs(path),
      devices,
      stats: () => hierarchy.stats(path),
      oomKills: () => hierarchy.oomKills(path),
      update: (limits) => hierarchy.write(path, limits),
      limits: () => hierarchy.limits(path),
      kill: () => this.killTree(path),
      processes: () => hierarchy.processes(path),
      remove: () => this.removeTree(path),
    };
  }

  private killTree(path: string): void {
    for (const name of this.hierarchy.children(path)) this.killTree(join(path, name));
    this.hierarchy.kill(path);
  }

  private async removeTree(path: string): Promise<void> {
    for (const name of this.hierarchy.children(path)) await this.removeTree(join(path, name));
    for (let attempt = 0; attempt < TRIES; attempt++) {
      if (this.hierarchy.remove(path)) return;
      this.killTree(path);
      await this.options.wait(Math.min(LAST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt));
    }
    throw new Error(`the cgroup ${join(this.hierarchy.path, path)} is still in use`);
  }
}
