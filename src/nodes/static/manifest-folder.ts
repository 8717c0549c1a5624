import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '../../../schema/types.ts';
import { errorMessage } from '../../meta/error-message.ts';
import type { Clock } from '../../rules/clock.ts';
import { staticPod, type ReadManifest } from './static-pod.ts';

/** How often the folder is looked at, ms. */
const LOOK_MS = 2000;
/** Bytes of a manifest, and manifests, that are read. */
const MAX_BYTES = 3 * 1024 * 1024;
const MAX_FILES = 1000;

export interface ManifestOptions {
  /** a folder of manifests, or one manifest; absolute */
  path: string;
  node: string;
  read: ReadManifest;
  clock: Clock;
  log(message: string, fields?: Record<string, unknown>): void;
}

interface Entry {
  /** of the file as it was read */
  mark: string;
  pod: Pod | undefined;
}

/**
 * The pods of a folder of manifests, YAML or JSON, followed by looking at it from time to time. A file that is no pod is
 * told of once, and has none. Names that begin with a dot are left out, as by the kubelet.
 */
export class ManifestFolder {
  private entries = new Map<string, Entry>();
  private timer: unknown;
  private stopped = false;

  constructor(private readonly options: ManifestOptions) {}

  /** By uid. */
  get pods(): ReadonlyMap<string, Pod> {
    const pods = [...this.entries.values()].flatMap(({ pod }) => pod ?? []);
    return new Map(pods.map((pod) => [pod.metadata.uid, pod]));
  }

  /** Reads it, and from then on tells of changes. */
  async start(changed: () => void): Promise<void> {
    await this.look();
    const again = (): void => {
      if (this.stopped) return;
      this.timer = this.options.clock.setTimeout(() => {
        void this.look()
          .then((different) => different && !this.stopped && changed())
          .finally(again);
      }, LOOK_MS);
    };
    again();
  }

  stop(): void {
    this.stopped = true;
    this.options.clock.clearTimeout(this.timer);
  }

  /** Looks at it now. @returns whether something is different */
  async look(): Promise<boolean> {
    const files = await this.files().catch((error: unknown) => {
      // what cannot be looked at has not changed: the pods of a folder that is away go on
      this.options.log('static pods cannot be looked for', { error: errorMessage(error) });
      return undefined;
    });
    if (!files) return false;
    const before = this.entries;
    const entries = new Map<string, Entry>();
    let different = files.length !== before.size;
    for (const file of files) {
      const known = before.get(file);
      const { size, mtimeMs, ino } = await stat(file).catch(() => ({ size: -1, mtimeMs: 0, ino: 0 }));
      const mark = `${size} ${mtimeMs} ${ino}`;
      if (known?.mark === mark) entries.set(file, known);
      else {
        different = true;
        entries.set(file, { mark, pod: size < 0 ? undefined : await this.read(file, size, known) });
      }
    }
    this.entries = entries;
    return different;
  }

  private async files(): Promise<string[]> {
    const { path } = this.options;
    const found = await stat(path).catch(() => undefined);
    if (!found) return [];
    if (!found.isDirectory()) return [path];
    const names = (await readdir(path)).filter((name) => !name.startsWith('.')).sort();
    if (names.length > MAX_FILES) throw new Error(`${path} has more than ${MAX_FILES} files`);
    const files: string[] = [];
    for (const name of names) {
      const file = join(path, name);
      const kind = await stat(file).catch(() => lstat(file).catch(() => undefined));
      if (kind?.isFile()) files.push(file);
    }
    return files;
  }

  /** A manifest that cannot be read leaves the pod that it was. */
  private async read(file: string, size: number, known: Entry | undefined): Promise<Pod | undefined> {
    const { node, read, clock, log } = this.options;
    try {
      if (size > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES} bytes`);
      const pod = staticPod(await readFile(file), file, node, read, clock.now());
      // the same pod, written again: it has been seen before
      return pod.metadata.uid === known?.pod?.metadata.uid ? known.pod : pod;
    } catch (error) {
      log("a manifest can't be processed", { file, error: errorMessage(error) });
      return known?.pod;
    }
  }
}
