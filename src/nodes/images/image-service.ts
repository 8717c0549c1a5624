/** What an image says of how it is run; everything in it may be overruled by the container. */
export interface ImageConfig {
  entrypoint: readonly string[];
  cmd: readonly string[];
  env: Readonly<Record<string, string>>;
  /** `1000`, `web`, `web:www`, `0:0`; empty: root. Names are the root's own (`resolveUser`) */
  user: string;
  /** empty: `/` */
  workingDir: string;
  /** paths that are to be writable folders of the container's own */
  volumes: readonly string[];
  /** as the image writes it: `SIGQUIT`, `3`; empty: SIGTERM */
  stopSignal: string;
  /** `80/tcp` */
  exposedPorts: readonly string[];
}

/** What a container of an image has as its file system. */
export type ImageRoot =
  /** the files of the machine */
  | { kind: 'host' }
  /** folders for an overlay, lowest first; they stay as they are while the image is used */
  | { kind: 'layers'; layers: readonly string[] }
  /** the runtime keeps the image itself and knows it by its id; the users and groups that the image knows */
  | { kind: 'runtime'; accounts: { passwd: string; group: string } };

export interface Image {
  /** digest of the image's config, `sha256:…`; `host:NAME` for a program of the machine */
  id: string;
  /** `docker.io/library/busybox:1.36` */
  repoTags: readonly string[];
  /** `docker.io/library/busybox@sha256:…` */
  repoDigests: readonly string[];
  /** bytes on this machine */
  size: number;
  config: ImageConfig;
  root: ImageRoot;
  /** whether a registry gave it, and who may use it is to be proved (KEP-2535); undefined: not known */
  fromRegistry?: boolean;
  /** never removed to make room: a file given by the machine's owner, a program of the machine */
  pinned?: boolean;
}

/** Who asks a registry, in the terms of CRI's AuthConfig. Never logged. */
export interface RegistryCredential {
  username?: string;
  password?: string;
  /** a refresh token of an OAuth2 server, in place of name and password */
  identityToken?: string;
  /** a bearer token to be sent to the registry as it is */
  registryToken?: string;
}

/** Space on the file system of the images. */
export interface ImageUsage {
  usedBytes: number;
  inodesUsed: number;
  /** of the file system itself */
  capacityBytes: number;
  availableBytes: number;
}

/** An image could not be had from where it should come; the message is for the user and holds no secret. */
export class PullError extends Error {
  constructor(
    message: string,
    /** whether another credential could help */
    readonly unauthorized = false,
  ) {
    super(message);
  }
}

/** Images of one runtime: the store of unpacked OCI images, the catalogue of host programs, containerd's. */
export interface ImageService {
  /** Fetches the image anew, whatever is there. @throws PullError */
  pull(reference: string, credential: RegistryCredential | undefined, signal: AbortSignal): Promise<Image>;
  /** By tag, digest (`repo@sha256:…`) or id, ready to be run. */
  present(reference: string): Promise<Image | undefined>;
  list(): Promise<Image[]>;
  /** By id. Nobody may use it. */
  remove(id: string): Promise<void>;
  usage(): Promise<ImageUsage>;
}
