import type { Pod } from '../../../schema/types.ts';
import type { AgentContext } from './agent-context.ts';
import { sandboxCgroup } from './container-cgroup.ts';
import type { Sandbox } from './container-spec.ts';
import { podFiles } from './pod-files.ts';
import { podSandboxSpec } from './pod-sandbox-spec.ts';

/** How often the volumes that follow config maps, secrets and tokens are brought up to date, ms. */
export const VOLUME_REFRESH_MS = 10_000;

/** What all containers of a pod share: its address, its volumes and its files in /etc. */
export class PodSandbox {
  current: Sandbox | undefined;
  private refreshedAt = 0;

  constructor(private readonly context: AgentContext) {}

  /** Makes it, or brings its volumes up to date. @throws MountError, or what the network says */
  async prepare(pod: Pod): Promise<void> {
    const { network, volumes, clock, hostIP, allocatable, log, runtime } = this.context;
    if (this.current && clock.now() - this.refreshedAt < VOLUME_REFRESH_MS) return;
    const address = pod.spec?.hostNetwork
      ? { ip: hostIP }
      : (this.current?.address ?? (await network.attach(pod.metadata.uid, pod)));
    const facts = { podIPs: [address.ip], hostIP, allocatable };
    try {
      const paths = await volumes.prepare(pod, facts);
      const etc = this.current?.etc ?? podFiles(pod, address.ip, this.context);
      const namespaces = await runtime.startPod({
        ...podSandboxSpec(pod, address, this.context.clusterDomain),
        cgroup: sandboxCgroup(pod, this.context),
      });
      this.current = { address, namespaces, facts, volumes: paths, etc };
    } catch (error) {
      // A running pod keeps what its volumes had; only the start waits for them.
      if (!this.current) throw error;
      log('volumes were not refreshed', { pod: pod.metadata.name, error: String(error) });
    }
    this.refreshedAt = clock.now();
  }

  /** A finished pod gives back its network and what is mounted; its logs and records stay until it is deleted. */
  async release(pod: Pod): Promise<void> {
    const { uid } = pod.metadata;
    if (this.current) await this.context.network.detach(uid);
    if (this.current) await this.context.volumes.unmount(uid);
    this.current = undefined;
  }
}
