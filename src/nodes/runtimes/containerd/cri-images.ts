import { randomUUID } from 'node:crypto';
import { mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { FolderImage } from '../../images/folder/folder-image.ts';
import type { ImageFolder } from '../../images/folder/image-folder.ts';
import { sha256 } from '../../images/image-content.ts';
import { parseReference } from '../../images/image-reference.ts';
import {
  PullError,
  type Image,
  type ImageConfig,
  type ImageService,
  type ImageUsage,
  type RegistryCredential,
} from '../../images/image-service.ts';
import { accountsFile } from '../../pods/root-accounts.ts';
import { GrpcError } from '../../../rules/grpc/grpc-client.ts';
import type { ContainerdDaemon } from './containerd-daemon.ts';
import type { CriImage } from './cri-messages.ts';
import { writeArchive } from './image-archive.ts';
import { PAUSE_IMAGE } from './pause-image.ts';

/** The part of an image's configuration that containers are run by (OCI image-spec, config). */
interface OciConfig {
  User?: string;
  Env?: string[] | null;
  Entrypoint?: string[] | null;
  Cmd?: string[] | null;
  WorkingDir?: string;
  StopSignal?: string;
  Volumes?: Record<string, object> | null;
  ExposedPorts?: Record<string, object> | null;
}

/** containerd's images, pulled by itself. */
export class CriImages implements ImageService {
  /** what an image's own lists of users and groups say, by its id, which never says anything else */
  private readonly accounts = new Map<string, Promise<{ passwd: string; group: string }>>();

  /** @param scratch where an image is mounted to be looked at, or written to be imported */
  constructor(
    private readonly daemon: ContainerdDaemon,
    private readonly scratch: string,
    private readonly folder: ImageFolder | undefined,
  ) {}

  async pull(reference: string, credential: RegistryCredential | undefined, signal: AbortSignal): Promise<Image> {
    const given = await this.fromFolder(reference);
    if (given) return given;
    const { cri } = this.daemon;
    const { username, password, identityToken, registryToken } = credential ?? {};
    const auth = {
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(identityToken !== undefined && { identity_token: identityToken }),
      ...(registryToken !== undefined && { registry_token: registryToken }),
    };
    try {
      const request = { image: { image: reference }, ...(credential && { auth }) };
      await cri.call('ImageService/PullImage', request, { timeoutMs: 0, signal });
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      throw new PullError(error.message, /\b(401|403)\b|unauthorized|denied|authorization failed/i.test(error.message));
    }
    const image = await this.known(reference);
    if (!image) throw new PullError(`image ${reference} was pulled and is not there`);
    return { ...image, fromRegistry: true };
  }

  async present(reference: string): Promise<Image | undefined> {
    return (await this.fromFolder(reference)) ?? (await this.known(reference));
  }

  async list(): Promise<Image[]> {
    const { images } = await this.daemon.cri.call('ImageService/ListImages', {});
    return images.filter((image) => !isPause(image)).map((image) => described(image, {}, LISTED));
  }

  async remove(id: string): Promise<void> {
    await this.daemon.cri.call('ImageService/RemoveImage', { image: { image: id } });
    this.accounts.delete(id);
  }

  async usage(): Promise<ImageUsage> {
    const { image_filesystems: all } = await this.daemon.cri.call('ImageService/ImageFsInfo', {});
    const sum = (name: 'used_bytes' | 'inodes_used'): number =>
      all.reduce((total, each) => total + (each[name]?.value ?? 0), 0);
    const { bsize, blocks, bavail } = await statfs(all[0]?.fs_id?.mountpoint ?? this.scratch);
    return {
      usedBytes: sum('used_bytes'),
      inodesUsed: sum('inodes_used'),
      capacityBytes: bsize * blocks,
      availableBytes: bsize * bavail,
    };
  }

  private async known(reference: string): Promise<Image | undefined> {
    const asked = { image: { image: reference }, verbose: true };
    const { image, info } = await this.daemon.cri.call('ImageService/ImageStatus', asked);
    return image ? this.read(image, info['info']) : undefined;
  }

  /** What the machine's owner has put into the folder goes before all else, and is imported when it is wanted first. */
  private async fromFolder(reference: string): Promise<Image | undefined> {
    const given = await this.folder?.find(reference);
    if (!given) return undefined;
    const id = sha256(given.config);
    if ((await this.known(reference))?.id !== id) await this.import(given);
    const image = await this.known(id);
    return image && { ...image, fromRegistry: false, pinned: true };
  }

  private async import(given: FolderImage): Promise<void> {
    const file = join(this.scratch, `${randomUUID()}.tar`);
    await mkdir(this.scratch, { recursive: true, mode: 0o700 });
    try {
      await writeArchive(given, file);
      await this.daemon.ctr('images', 'import', file);
    } finally {
      await rm(file, { force: true });
    }
  }

  private async read(image: CriImage, info: string | undefined): Promise<Image> {
    const { imageSpec } = JSON.parse(info || '{}') as { imageSpec?: { config?: OciConfig } };
    let known = this.accounts.get(image.id);
    if (!known) {
      this.accounts.set(image.id, (known = this.look(image)));
      known.catch(() => this.accounts.delete(image.id));
    }
    return described(image, imageSpec?.config ?? {}, { kind: 'runtime', accounts: await known });
  }

  /** Mounts the image, read-only, for as long as its two lists are read. */
  private async look({ id, repo_tags, repo_digests }: CriImage): Promise<{ passwd: string; group: string }> {
    const target = join(this.scratch, id.replace(/[^0-9a-f]/g, ''));
    const name = repo_tags[0] ?? repo_digests[0] ?? id;
    await mkdir(target, { recursive: true, mode: 0o700 });
    await this.daemon.ctr('images', 'mount', name, target);
    try {
      return { passwd: accountsFile(target, 'passwd') ?? '', group: accountsFile(target, 'group') ?? '' };
    } finally {
      await this.daemon.ctr('images', 'unmount', '--rm', target);
      await rm(target, { recursive: true, force: true });
    }
  }
}

/** Of an image that is only listed. */
const LISTED: Image['root'] = { kind: 'runtime', accounts: { passwd: '', group: '' } };

const isPause = ({ repo_tags }: CriImage): boolean => repo_tags.includes(PAUSE_IMAGE);

function described(image: CriImage, config: OciConfig, root: Image['root']): Image {
  return {
    id: image.id,
    repoTags: image.repo_tags,
    repoDigests: image.repo_digests,
    size: image.size,
    config: configOf(config),
    root,
    pinned: image.pinned || image.repo_digests.every(isLocal),
  };
}

/** Of no registry that could give it again. */
const isLocal = (digest: string): boolean => typeof parseReference(digest) === 'string';

const configOf = (config: OciConfig): ImageConfig => ({
  entrypoint: config.Entrypoint ?? [],
  cmd: config.Cmd ?? [],
  env: Object.fromEntries((config.Env ?? []).map((entry) => split(entry))),
  user: config.User ?? '',
  workingDir: config.WorkingDir ?? '',
  volumes: Object.keys(config.Volumes ?? {}),
  stopSignal: config.StopSignal ?? '',
  exposedPorts: Object.keys(config.ExposedPorts ?? {}),
});

function split(entry: string): [string, string] {
  const at = entry.indexOf('=');
  return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
}
