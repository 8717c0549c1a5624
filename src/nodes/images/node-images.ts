import { join } from 'node:path';
import type { Secret } from '../../../schema/types.ts';
import type { EventRecorder } from '../../control/contract.ts';
import type { Clock } from '../../rules/clock.ts';
import type { DockerLogin } from './credentials/docker-config.ts';
import { PullRecords } from './credentials/pull-records.ts';
import { ImageFolder } from './folder/image-folder.ts';
import { HostPrograms } from './host-programs.ts';
import { ImageManager } from './image-manager.ts';
import type { ImageService } from './image-service.ts';
import { LocalImages } from './local-images.ts';
import { machinePlatform } from './oci/platform.ts';
import { NO_REGISTRY_CONFIG, readRegistryConfig } from './registry/registry-config.ts';
import { RegistryImages } from './registry/registry-images.ts';
import { ImageStore } from './store/image-store.ts';

/** Where the images of a node come from. */
export interface ImageOptions {
  /** a folder of OCI layouts and archives */
  folder?: string;
  /** what is said of registries: a file */
  registryConfig?: string;
  /** `auto`: programs of the machine stand for the images of the catalogue; `registry`: nothing stands for an image */
  source?: 'auto' | 'registry';
}

export interface NodeImageParts extends ImageOptions {
  /** the node's own, for its images */
  directory: string;
  events: EventRecorder;
  clock: Clock;
  log(message: string, fields?: Record<string, unknown>): void;
  secret(namespace: string, name: string): Promise<Secret | undefined>;
}

/** The images of a node, as its options say. */
export interface NodeImages {
  manager: ImageManager;
  records: PullRecords;
  close(): void;
}

/** @throws RegistryConfigError */
export async function openNodeImages(parts: NodeImageParts): Promise<NodeImages> {
  const { directory, folder, registryConfig, source = 'auto', clock, log } = parts;
  const machine = machinePlatform();
  const config = registryConfig === undefined ? NO_REGISTRY_CONFIG : readRegistryConfig(registryConfig);
  const store = await ImageStore.open(directory);
  const registries = new RegistryImages(store, config, machine, clock);
  const service = new LocalImages({
    store,
    machine,
    registries,
    ...(folder !== undefined && {
      folder: new ImageFolder(folder, machine, () => store.layers.temporary(), log),
    }),
    ...(source === 'auto' && { programs: new HostPrograms() }),
  });
  return managedImages(service, parts, config.logins, () => registries.close());
}

/** Images with the kubelet's policies and a memory of who may use which. @param logins what every pod may use */
export function managedImages(
  service: ImageService,
  { directory, events, clock, secret }: NodeImageParts,
  logins: readonly DockerLogin[],
  close: () => void,
): NodeImages {
  const records = new PullRecords(join(directory, 'pulled.json'));
  const manager = new ImageManager({ service, records, events, clock, secret, logins });
  return { manager, records, close };
}
