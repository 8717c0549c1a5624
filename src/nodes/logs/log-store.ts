import { basename, dirname, join } from 'node:path';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { LogWriter } from './log-writer.ts';

export interface PodIdentity {
  namespace: string;
  name: string;
  uid: string;
}

/** Where each container's log is, who writes it, and who wants to hear that it grew. */
export class LogStore {
  private readonly listeners = new Map<string, Set<() => void>>();

  constructor(
    private readonly root: string,
    private readonly now: () => number,
    /** somebody collects lines: what is removed is put aside for him, in a folder of the root's name and `-gone` */
    private readonly collected = false,
  ) {}

  directory(pod: PodIdentity): string {
    return join(this.root, `${pod.namespace}_${pod.name}_${pod.uid}`);
  }

  path(pod: PodIdentity, container: string, attempt: number): string {
    return join(this.directory(pod), container, `${attempt}.log`);
  }

  writer(pod: PodIdentity, container: string, attempt: number): LogWriter {
    return new LogWriter(this.path(pod, container, attempt), this.now, (path) => this.grown(path));
  }

  /** Somebody has written to the file. */
  grown(path: string): void {
    for (const listener of this.listeners.get(path) ?? []) listener();
  }

  /** Called after each write to the file. Returns the unsubscriber. */
  onChange(path: string, listener: () => void): () => void {
    const set = this.listeners.get(path) ?? new Set();
    this.listeners.set(path, set.add(listener));
    return () => {
      set.delete(listener);
      if (!set.size) this.listeners.delete(path);
    };
  }

  /** Keeps the logs of the running and of the previous attempt, as the kubelet does. */
  async dropOlderThan(pod: PodIdentity, container: string, attempt: number): Promise<void> {
    const directory = join(this.directory(pod), container);
    const names = await readdir(directory).catch(() => []);
    const old = names.filter((name) => Number.parseInt(name, 10) < attempt - 1);
    await Promise.all(old.map((name) => this.drop(join(directory, name))));
  }

  /** Removes the logs of pods that nobody knows. */
  async collect(isKnown: (uid: string) => boolean): Promise<void> {
    for (const name of await readdir(this.root).catch(() => [])) {
      // neither a namespace nor a name has an underscore
      const uid = name.split('_').at(-1) ?? '';
      if (!isKnown(uid)) await this.drop(join(this.root, name));
    }
  }

  async remove(pod: PodIdentity): Promise<void> {
    await this.drop(this.directory(pod));
  }

  /** Removes a file or folder, or puts it aside: into what of the same pod is there already. */
  private async drop(path: string): Promise<void> {
    if (!this.collected) return rm(path, { recursive: true, force: true });
    const aside = `${this.root}-gone${path.slice(this.root.length)}`;
    await mkdir(dirname(aside), { recursive: true });
    try {
      await rename(path, aside);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === 'ENOENT') return;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
      for (const name of await readdir(path)) await this.drop(join(path, basename(name)));
      await rm(path, { recursive: true, force: true });
    }
  }
}
