import { chmod, chown, mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod, Volume } from '../../../schema/types.ts';
import type { Client } from '../../client/contract.ts';
import type { Clock } from '../../rules/clock.ts';
import { isStatusError } from '../../meta/status.ts';
import type { PodFacts } from '../pods/field-value.ts';
import type { ObjectSource } from '../pods/object-source.ts';
import type { BindMount } from '../runtimes/process/root-view.ts';
import { writeAtomically } from './atomic-writer.ts';
import { checkHostPath } from './host-path.ts';
import { TokenCache } from './service-account-token.ts';
import { volumeFiles } from './volume-files.ts';

/** A volume could not be set up; told as event FailedMount. */
export class MountError extends Error {}

/** The volumes of the pods of one node: a directory each below `ROOT/UID/volumes`, or what lies elsewhere on the host. */
export class PodVolumes {
  private readonly tokens = new TokenCache();

  constructor(
    private readonly root: string,
    private readonly client: Client,
    private readonly source: ObjectSource,
    private readonly clock: Clock,
  ) {}

  /** Makes or refreshes all volumes. @returns host paths by volume name. @throws MountError for the first that fails */
  async prepare(pod: Pod, facts: PodFacts): Promise<Map<string, string>> {
    const paths = new Map<string, string>();
    for (const volume of pod.spec?.volumes ?? []) {
      try {
        paths.set(volume.name, await this.one(pod, volume, facts));
      } catch (error) {
        throw new MountError(
          `MountVolume.SetUp failed for volume ${JSON.stringify(volume.name)} : ${(error as Error).message}`,
        );
      }
    }
    return paths;
  }

  async remove(uid: string): Promise<void> {
    await rm(join(this.root, uid), { recursive: true, force: true });
  }

  private async one(pod: Pod, volume: Volume, facts: PodFacts): Promise<string> {
    const volumes = join(this.root, pod.metadata.uid, 'volumes');
    const directory = join(volumes, volume.name);
    // what is in it has the modes that containers expect, and this keeps the host's other users out
    await mkdir(volumes, { recursive: true, mode: 0o700 });
    if (volume.emptyDir) {
      const fresh = !(await stat(directory).catch(() => undefined));
      await mkdir(directory, { recursive: true });
      if (fresh) await chmod(directory, 0o777);
      if (fresh) await this.giveToGroup(pod, directory);
      return directory;
    }
    if (volume.hostPath) return checkHostPath(volume.hostPath);
    if (volume.persistentVolumeClaim) return this.claimed(pod, volume.persistentVolumeClaim.claimName);
    if (volume.ephemeral) return this.claimed(pod, `${pod.metadata.name}-${volume.name}`);
    const { source, client, clock } = this;
    const files = await volumeFiles(volume, { pod, facts, source, client, clock }, this.tokens);
    if (!files) throw new Error(`this node has no driver for volumes of type ${typeOf(volume)}`);
    await writeAtomically(directory, files, this.clock.now());
    return directory;
  }

  private async claimed(pod: Pod, name: string): Promise<string> {
    const namespace = pod.metadata.namespace ?? '';
    const claim = await this.client.get('persistentvolumeclaims', namespace, name).catch(missingClaim(name));
    const bound = claim.spec?.volumeName;
    if (claim.status?.phase !== 'Bound' || !bound) throw new Error(`PVC ${namespace}/${name} is not bound`);
    const volume = await this.client.get('persistentvolumes', '', bound);
    const { hostPath, local } = volume.spec ?? {};
    if (hostPath) return checkHostPath(hostPath);
    if (local) return checkHostPath({ path: local.path, type: 'Directory' });
    throw new Error(`this node has no driver for persistent volume ${JSON.stringify(bound)}`);
  }

  private async giveToGroup(pod: Pod, directory: string): Promise<void> {
    const group = pod.spec?.securityContext?.fsGroup;
    if (group === undefined || process.getuid?.() !== 0) return;
    await chown(directory, 0, group);
    await chmod(directory, 0o2777);
  }
}

const missingClaim =
  (name: string) =>
  (error: unknown): never => {
    if (isStatusError(error, 'NotFound')) throw new Error(`persistentvolumeclaim ${JSON.stringify(name)} not found`);
    throw error;
  };

const typeOf = (volume: Volume): string => Object.keys(volume).find((key) => key !== 'name') ?? 'none';

/** A mount of a container as the runtime makes it. */
export async function bindMount(
  mount: { mountPath: string; readOnly?: boolean },
  volume: Volume,
  source: string,
  subPath: string,
): Promise<BindMount> {
  const found = subPath ? undefined : await stat(source).catch(() => undefined);
  const target = mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`;
  // Volumes that the node writes are not the container's to change.
  const readOnly = Boolean(
    mount.readOnly || volume.configMap || volume.secret || volume.downwardAPI || volume.projected,
  );
  return subPath ? { source, subPath, target, readOnly } : { source, target, readOnly, file: !found?.isDirectory() };
}
