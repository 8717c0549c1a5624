import { containerConfig, mountOf, sandboxConfig } from '../../../src/nodes/runtimes/containerd/container-config.ts';
import type {
  ContainerSpec,
  PodSandbox,
  PodSandboxSpec,
  RunningContainer,
} from '../../../src/nodes/runtimes/runtime.ts';
import { FakeRuntime } from '../pods/fake-runtime.ts';

/** A runtime that says what a containerd would be told, or refuses what it is not. */
export class CriRuntime extends FakeRuntime {
  /** messages of CRI, in order */
  readonly told: unknown[] = [];

  override async startPod(spec: PodSandboxSpec): Promise<PodSandbox> {
    this.told.push(sandboxConfig(spec, '/logs'));
    return { spec };
  }

  override async start(spec: ContainerSpec): Promise<RunningContainer> {
    const mounts = spec.mounts.map((mount) => [mountOf(mount, mount.source), mount.subPath]);
    this.told.push([containerConfig(spec, [], '/seccomp'), mounts]);
    return super.start(spec);
  }

  /** It makes its cgroups itself. */
  async update(): Promise<void> {
    this.told.push('update');
  }
}
