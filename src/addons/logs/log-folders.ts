import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A container's log in one of its attempts. */
export interface Place {
  namespace: string;
  pod: string;
  uid: string;
  container: string;
  attempt: number;
  /** of the newest of its files */
  path: string;
  /** put aside when the pod or the attempt went: it grows no more, and goes when it has been read */
  gone: boolean;
}

/**
 * Where a node's agent keeps the logs of containers (`logs/NAMESPACE_POD_UID/CONTAINER/ATTEMPT.log`), and where it puts
 * those aside that it would remove (`logs-gone`).
 */
export class LogFolders {
  private readonly gone: string;

  constructor(private readonly root: string) {
    this.gone = `${root}-gone`;
  }

  /** All that there are. */
  async list(): Promise<Place[]> {
    const [present, gone] = await Promise.all([placesIn(this.root, false), placesIn(this.gone, true)]);
    return [...gone, ...present];
  }

  /** Removes what was put aside, with its rotated files, and the folders that are empty then. */
  async remove({ path, namespace, pod, uid, container }: Place): Promise<void> {
    for (const suffix of ['.4', '.3', '.2', '.1', '']) await rm(`${path}${suffix}`, { force: true });
    const folder = join(this.gone, `${namespace}_${pod}_${uid}`);
    for (const each of [join(folder, container), folder]) await rmdir(each).catch(() => undefined);
  }

  /** Bytes of what was put aside. */
  async goneBytes(places: readonly Place[]): Promise<{ place: Place; bytes: number; at: number }[]> {
    const sizes = places
      .filter(({ gone }) => gone)
      .map(async (place) => {
        const files = await Promise.all(
          ['', '.1', '.2', '.3', '.4'].map((suffix) => stat(`${place.path}${suffix}`).catch(() => undefined)),
        );
        const at = Math.max(...files.map((file) => file?.mtimeMs ?? 0));
        return { place, bytes: files.reduce((sum, file) => sum + (file?.size ?? 0), 0), at };
      });
    return Promise.all(sizes);
  }
}

const names = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

async function placesIn(root: string, gone: boolean): Promise<Place[]> {
  const places: Place[] = [];
  for (const name of await names(root)) {
    // neither a namespace nor a name has an underscore
    const [namespace, pod, uid] = name.split('_');
    if (!namespace || !pod || !uid) continue;
    for (const container of await names(join(root, name))) {
      const attempts = new Set(
        (await names(join(root, name, container))).flatMap((file) => /^(\d+)\.log(\.\d)?$/.exec(file)?.[1] ?? []),
      );
      for (const attempt of attempts)
        places.push({
          namespace,
          pod,
          uid,
          container,
          attempt: Number(attempt),
          path: join(root, name, container, `${attempt}.log`),
          gone,
        });
    }
  }
  return places;
}
