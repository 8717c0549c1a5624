import type { Api, RequestContext } from '../../api/contract.ts';
import { LiveCounts } from './live-counts.ts';
import type { LiveSelection } from './live-selection.ts';
import { LiveView, type ViewListener } from './view.ts';

interface Shared {
  readonly view: LiveView;
  readonly begun: Promise<void>;
  /** it is to be joined no more, and does not count */
  release(): void;
  users: number;
}

/** Who follows a view. */
export interface ViewFollower {
  readonly request: RequestContext;
  /** equal for those who may see the same */
  readonly rights: string;
  /** it shows what relations lead to */
  readonly isRelated: boolean;
}

/** The views of this process: one for those who ask for the same objects in the same order by the same rights. */
export class LiveViews {
  private readonly shared = new Map<string, Shared>();

  constructor(
    private readonly api: Api,
    private readonly counts = new LiveCounts(),
  ) {}

  /**
   * Follows a view, which others may share, once it has its state. The second function that is answered ends that.
   * Throws what the API refuses it with, and 429 where there are too many.
   */
  async follow(
    { request, rights, isRelated }: ViewFollower,
    selection: LiveSelection,
    listenerOf: (view: LiveView) => ViewListener,
  ): Promise<() => void> {
    const { name } = request.user;
    if (isRelated) this.counts.add(name, 'liveRelations', 1);
    let shared: Shared | undefined;
    let letGo: (() => void) | undefined;
    let gone = false;
    const leave = (): void => {
      if (gone) return;
      gone = true;
      if (isRelated) this.counts.add(name, 'liveRelations', -1);
      letGo?.();
      if (!shared || --shared.users > 0) return;
      shared.view.close();
      shared.release();
    };
    try {
      const key = `${selection.id} ${rights}`;
      shared = this.shared.get(key) ?? this.begin(key, request, selection);
      shared.users++;
      await shared.begun;
      letGo = shared.view.follow(listenerOf(shared.view));
      return leave;
    } catch (error) {
      leave();
      throw error;
    }
  }

  private begin(key: string, request: RequestContext, selection: LiveSelection): Shared {
    const { counts } = this;
    const { name } = request.user;
    counts.add(name, 'liveQueries', 1);
    const view = new LiveView(this.api, request, selection, (objects) => counts.add(name, 'liveObjects', objects));
    const begun = view.begin();
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      counts.add(name, 'liveQueries', -1);
      this.shared.delete(key);
    };
    begun.catch(release);
    view.follow({ changed: nothing, settled: nothing, reset: nothing, ended: release });
    const shared: Shared = { view, begun, release, users: 0 };
    this.shared.set(key, shared);
    return shared;
  }
}

const nothing = (): void => undefined;
