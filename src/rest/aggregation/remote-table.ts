import type { Api } from '../../api/contract.ts';
import { follow } from '../../api/follow.ts';
import type { Stored } from '../../store/contract.ts';
import { API_SERVICES, specOf, type RemoteSpec } from './locate.ts';

export interface Remote {
  spec: RemoteSpec;
  stored: Stored;
}

/**
 * The APIServices that other servers answer for, among all that there are: a cluster with a thousand definitions has as
 * many of its own.
 */
export class RemoteTable {
  private readonly byName = new Map<string, Remote>();
  private sorted: readonly Remote[] | undefined;
  private readonly unfollow: () => void;

  constructor({ store }: Api) {
    const forget = (name: string): void => {
      if (this.byName.delete(name)) this.sorted = undefined;
    };
    this.unfollow = follow(
      store,
      { resource: API_SERVICES },
      {
        seen: (stored) => {
          const spec = specOf(stored);
          if (!spec) return forget(stored.name);
          this.byName.set(stored.name, { spec, stored });
          this.sorted = undefined;
        },
        gone: ({ name }) => forget(name),
      },
    );
  }

  /** Most clusters have none, and then nothing is looked for. */
  get size(): number {
    return this.byName.size;
  }

  /** All of them: the preferred version of a group first. */
  all(): readonly Remote[] {
    return (this.sorted ??= [...this.byName.values()].sort(({ spec: a }, { spec: b }) => byPriority(a, b)));
  }

  close(): void {
    this.unfollow();
  }
}

const byPriority = (a: RemoteSpec, b: RemoteSpec): number =>
  (b.groupPriorityMinimum ?? 0) - (a.groupPriorityMinimum ?? 0) ||
  (a.group === b.group ? 0 : a.group < b.group ? -1 : 1) ||
  (b.versionPriority ?? 0) - (a.versionPriority ?? 0) ||
  (a.version < b.version ? -1 : 1);
