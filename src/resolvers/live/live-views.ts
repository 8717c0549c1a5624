import type { Api, RequestContext } from '../../api/contract.ts';
import { tooManyRequests } from '../../meta/status.ts';
import type { LiveSelection } from './live-selection.ts';
import { LiveView, type ViewListener } from './view.ts';

/** Views of one user, each of which looks at every change of its kind, and objects that they hold. */
const VIEWS_PER_USER = 200;
const OBJECTS_PER_USER = 1_000_000;
/** The same of all users together. */
const MAX_VIEWS = 1_000;
const MAX_OBJECTS = 5_000_000;

interface Shared {
  readonly view: LiveView;
  readonly begun: Promise<void>;
  /** it is to be joined no more, and does not count */
  release(): void;
  users: number;
}

interface Count {
  views: number;
  objects: number;
}

/** The views of this process: one for those who ask for the same objects in the same order by the same rights. */
export class LiveViews {
  private readonly shared = new Map<string, Shared>();
  private readonly byUser = new Map<string, Count>();
  private readonly all: Count = { views: 0, objects: 0 };

  constructor(private readonly api: Api) {}

  /**
   * Follows a view, which others may share, once it has its state. The second function that is answered ends that.
   * Throws what the API refuses it with, and 429 where there are too many.
   * @param rights equal for those who may see the same
   */
  async follow(
    request: RequestContext,
    selection: LiveSelection,
    rights: string,
    listenerOf: (view: LiveView) => ViewListener,
  ): Promise<() => void> {
    const key = `${selection.id} ${rights}`;
    const shared = this.shared.get(key) ?? this.begin(key, request, selection);
    shared.users++;
    let letGo: (() => void) | undefined;
    let gone = false;
    const leave = (): void => {
      if (gone) return;
      gone = true;
      letGo?.();
      if (--shared.users > 0) return;
      shared.view.close();
      shared.release();
    };
    try {
      await shared.begun;
    } catch (error) {
      leave();
      throw error;
    }
    letGo = shared.view.follow(listenerOf(shared.view));
    return leave;
  }

  private begin(key: string, request: RequestContext, selection: LiveSelection): Shared {
    const { name } = request.user;
    const mine = this.byUser.get(name) ?? { views: 0, objects: 0 };
    if (mine.views >= VIEWS_PER_USER || this.all.views >= MAX_VIEWS)
      throw tooManyRequests(`user ${JSON.stringify(name)} has too many different live queries: ${mine.views}`, 1);
    this.byUser.set(name, mine);
    mine.views++;
    this.all.views++;
    const hold = (objects: number): void => {
      mine.objects += objects;
      this.all.objects += objects;
      if (objects <= 0 || (mine.objects <= OBJECTS_PER_USER && this.all.objects <= MAX_OBJECTS)) return;
      mine.objects -= objects;
      this.all.objects -= objects;
      throw tooManyRequests(`live queries of user ${JSON.stringify(name)} hold too many objects: ${mine.objects}`, 1);
    };
    const view = new LiveView(this.api, request, selection, hold);
    const begun = view.begin();
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      mine.views--;
      this.all.views--;
      if (mine.views === 0 && mine.objects <= 0) this.byUser.delete(name);
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
