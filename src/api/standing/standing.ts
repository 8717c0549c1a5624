import type { StatusError } from '../../meta/status.ts';
import type { Clock } from '../../rules/clock.ts';
import type { Store, StoreEvent } from '../../store/contract.ts';
import { SESSIONS } from '../authentication/browser-sessions.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { Attributes, RequestContext } from '../contract.ts';
import { HeldCredentials } from './credentials.ts';
import { Held } from './held.ts';
import { Rights } from './rights.ts';

/** ms in which changes come together before they are looked at */
const COALESCE_MS = 200;
/** ms after which everything is looked at again, for what no event tells of */
const RECHECK_MS = 30_000;

/** Objects that credentials are bound to, and whether changes short of deletion count: a pod's are many and end nothing. */
const BOUND_TO: Readonly<Record<string, { changes: boolean }>> = {
  serviceaccounts: { changes: true },
  secrets: { changes: true },
  pods: { changes: false },
  nodes: { changes: false },
  [SESSIONS]: { changes: false },
};

const nothing = (): void => undefined;

/**
 * What stands open by a right: watches, sessions in containers, connections. It is told when the right or the credential
 * has ended, within a second of the change: of roles, bindings and nodes' pods by the authorizer, of what tokens are bound to by the
 * store, of time by a timer of each credential's own, and of all else by a look at everything each half minute.
 */
export class Standing {
  private readonly rights: Rights;
  private readonly credentials: HeldCredentials;
  private readonly stops = new Map<string, () => void>();
  private timer: unknown;

  constructor(
    private readonly store: Store,
    private readonly authorizer: Authorizer,
    private readonly clock: Clock,
    private readonly log: (line: string) => void,
  ) {
    this.rights = new Rights(authorizer, clock, COALESCE_MS);
    this.credentials = new HeldCredentials(authorizer, clock, COALESCE_MS, log);
    authorizer.rbac.onLessened((subjects) => {
      this.rights.lessen(subjects);
      this.credentials.lessen(subjects);
    });
    authorizer.onNodesLessened((subjects) => this.rights.lessen(subjects));
    for (const resource of Object.keys(BOUND_TO)) this.followObjects(resource);
  }

  /** Authorises, and follows. Throws 403. */
  hold(ctx: RequestContext, rights: readonly Attributes[], onLost: (why: StatusError) => void): () => void {
    for (const attributes of rights) {
      const refused = this.authorizer.refusal(ctx.user, attributes);
      if (refused) throw refused;
    }
    return this.follow(ctx, rights, onLost);
  }

  /** Follows what has just been authorised. Nobody sends the program's own loops away, which have no credential. */
  follow(ctx: RequestContext, rights: readonly Attributes[], onLost: (why: StatusError) => void): () => void {
    if (!ctx.credential) return nothing;
    const held = new Held(onLost, this.log);
    this.credentials.add(held, ctx.credential, ctx);
    for (const attributes of rights) this.rights.add(held, ctx.user, attributes);
    this.timer ??= this.clock.setTimeout(() => this.recheckAll(), RECHECK_MS);
    return () => held.letGo();
  }

  close(): void {
    for (const stop of this.stops.values()) stop();
    this.clock.clearTimeout(this.timer);
    this.rights.close();
    this.credentials.close();
  }

  private recheckAll(): void {
    this.clock.clearTimeout(this.timer);
    this.rights.lessen(undefined);
    this.credentials.askAll();
    this.timer = undefined;
    if (this.credentials.size) this.timer = this.clock.setTimeout(() => this.recheckAll(), RECHECK_MS);
  }

  private followObjects(resource: string): void {
    const stop = this.store.watch({ resource }, this.store.revision, {
      onEvents: (events) => this.onEvents(resource, events),
      onEnd: (reason) => {
        if (reason !== 'expired') return;
        this.followObjects(resource);
        this.recheckAll();
      },
    });
    this.stops.set(resource, stop);
  }

  private onEvents(resource: string, events: readonly StoreEvent[]): void {
    if (!this.credentials.names(resource)) return;
    const { changes } = BOUND_TO[resource] ?? { changes: true };
    for (const { type, stored } of events) {
      if (type !== 'DELETED' && !(changes && type === 'MODIFIED')) continue;
      this.credentials.changed(stored);
    }
  }
}
