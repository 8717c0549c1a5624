import type { Pod } from '../../../schema/types.ts';
import type { PodAddress } from '../network/pod-network.ts';
import type { AgentContext } from './agent-context.ts';
import { sandboxCgroup } from './container-cgroup.ts';
import type { Sandbox } from './container-spec.ts';
import { podFiles } from './pod-files.ts';
import { podSandboxSpec } from './pod-sandbox-spec.ts';

/** How often the volumes that follow config maps, secrets and tokens are brought up to date, ms. */
export const VOLUME_REFRESH_MS = 10_000;

/** What all containers of a pod share: its address, its volumes and its files in /etc. */
export class PodSandbox {
  /** what containers are started with, once all of it is there */
  current: Sandbox | undefined;
  private address: PodAddress | undefined;
  private refreshedAt = 0;
  private released = false;
  private devicesEnded = false;

  constructor(private readonly context: AgentContext) {}

  get ip(): string | undefined {
    return this.address?.ip;
  }

  /** The pod's address, which it keeps for as long as it has containers; those that outlived the agent have it. */
  async attach(pod: Pod): Promise<PodAddress> {
    const { network, hostIP } = this.context;
    this.address ??= pod.spec?.hostNetwork ? { ip: hostIP } : await network.attach(pod.metadata.uid, pod);
    return this.address;
  }

  /** Makes it, or brings its volumes up to date. @throws MountError, or what the network says */
  async prepare(pod: Pod): Promise<void> {
    const { volumes, devices, clock, hostIP, allocatable, log, runtime } = this.context;
    if (this.current && clock.now() - this.refreshedAt < VOLUME_REFRESH_MS) return;
    const address = await this.attach(pod);
    const facts = { podIPs: [address.ip], hostIP, allocatable };
    try {
      const prepared = this.current?.devices ?? (await devices.prepare(pod));
      const paths = await volumes.prepare(pod, facts);
      const etc = this.current?.etc ?? podFiles(pod, address.ip, this.context);
      const namespaces = await runtime.startPod({
        ...podSandboxSpec(pod, address, this.context.clusterDomain),
        cgroup: sandboxCgroup(pod, paths, this.context),
      });
      this.current = { address, namespaces, facts, volumes: paths, devices: prepared, etc };
    } catch (error) {
      // A running pod keeps what its volumes had; only the start waits for them.
      if (!this.current) throw error;
      log('volumes were not refreshed', { pod: pod.metadata.name, error: String(error) });
    }
    this.refreshedAt = clock.now();
  }

  /** Nothing of a pod whose containers have ended with the agent stays mounted; its address and its files do. */
  async suspend(pod: Pod): Promise<void> {
    this.current = undefined;
    const { namespace = '', name, uid } = pod.metadata;
    const { runtime, volumes, log } = this.context;
    try {
      await runtime.stopPod?.({ namespace, name, uid });
      await volumes.unmount(uid);
    } catch (error) {
      log('a pod left something mounted', { pod: name, error: String(error) });
    }
  }

  /** Whether drivers have yet to hear that the pod's containers need the devices of its claims no more. */
  holdsDevices({ spec }: Pod): boolean {
    return !this.devicesEnded && !!spec?.resourceClaims?.length;
  }

  /** @throws Error where a driver does not let go of a device */
  async letGo(pod: Pod): Promise<void> {
    if (!this.holdsDevices(pod)) return;
    await this.context.devices.unprepare(pod.metadata.uid);
    this.devicesEnded = true;
  }

  /** A finished pod gives back its network and what is mounted; its logs and records stay until it is deleted. */
  async release(pod: Pod): Promise<void> {
    const { namespace = '', name, uid } = pod.metadata;
    if (!this.released) await this.context.runtime.stopPod?.({ namespace, name, uid });
    if (this.released) return;
    await this.context.network.detach(uid);
    await this.context.volumes.discard(uid);
    await this.letGo(pod);
    this.released = true;
    this.current = undefined;
    this.address = undefined;
  }
}
