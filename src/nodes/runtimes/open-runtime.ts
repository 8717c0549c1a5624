import { join } from 'node:path';
import { errorMessage } from '../../meta/error-message.ts';
import { ImageFolder } from '../images/folder/image-folder.ts';
import { managedImages, openNodeImages, type NodeImageParts, type NodeImages } from '../images/node-images.ts';
import { machinePlatform } from '../images/oci/platform.ts';
import { NO_REGISTRY_CONFIG, readRegistryConfig } from '../images/registry/registry-config.ts';
import type { LogStore } from '../logs/log-store.ts';
import { ContainerdDaemon } from './containerd/containerd-daemon.ts';
import { ContainerdRuntime } from './containerd/containerd-runtime.ts';
import { CriImages } from './containerd/cri-images.ts';
import { machineSecurity } from '../pods/machine-security.ts';
import type { Capabilities } from './process/capabilities.ts';
import { ProcessRuntime } from './process/process-runtime.ts';
import type { ContainerRuntime } from './runtime.ts';

/** A node's runtime with its images. */
export interface NodeRuntime {
  runtime: ContainerRuntime;
  images: NodeImages;
  /** as the Node says it: `containerd://1.6.20` */
  version: string;
  /** @param kill whether what it runs by itself ends with the agent */
  stop(kill: boolean): Promise<void>;
}

export interface RuntimeParts {
  images: NodeImageParts;
  /** the node's own folder, and that of its pods */
  dataDir: string;
  podsDir: string;
  /** processes and threads of one pod, at most */
  podPids: number;
  logs: LogStore;
}

/** Containers as processes of this machine. @param hidden the host's folder that no container sees */
export async function openProcessRuntime(
  { images, dataDir, podsDir, podPids, logs }: RuntimeParts,
  can: Capabilities,
  hidden: string,
): Promise<NodeRuntime> {
  const opened = await openNodeImages(images);
  return {
    runtime: new ProcessRuntime({
      root: podsDir,
      data: hidden,
      seccomp: join(dataDir, 'seccomp'),
      can,
      available: machineSecurity().available,
      podPids,
      logs,
      clock: images.clock,
    }),
    images: opened,
    version: `ku7s://${process.versions.node}`,
    stop: async () => opened.close(),
  };
}

/** Containers of a containerd that the node runs for itself. @throws Error where the machine has none */
export async function openContainerdRuntime({ images, dataDir, podsDir, logs }: RuntimeParts): Promise<NodeRuntime> {
  const { clock, log, folder, registryConfig } = images;
  const directory = join(dataDir, 'containerd');
  const daemon = await ContainerdDaemon.open({ directory, clock, log });
  const scratch = join(directory, 'scratch');
  const seccompDir = join(dataDir, 'seccomp');
  const runtime = new ContainerdRuntime({ daemon, podsDir, logs, clock, log, seccompDir });
  const given = folder === undefined ? undefined : new ImageFolder(folder, machinePlatform(), async () => scratch, log);
  const { logins } = registryConfig === undefined ? NO_REGISTRY_CONFIG : readRegistryConfig(registryConfig);
  return {
    runtime,
    images: managedImages(new CriImages(daemon, scratch, given), images, logins, () => undefined),
    version: `containerd://${daemon.version}`,
    stop: async (kill) => {
      await runtime
        .stop(kill)
        .catch((error: unknown) => log('containerd does not end its pods', { error: errorMessage(error) }));
      await daemon.stop(kill);
    },
  };
}
