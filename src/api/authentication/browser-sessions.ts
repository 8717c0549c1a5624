import { randomBytes } from 'node:crypto';
import { serializeBody } from '../../kinds/encode.ts';
import { newUid } from '../../meta/uid.ts';
import type { Key, Store, Stored } from '../../store/contract.ts';
import type { Api, Credential, User } from '../contract.ts';
import { newObject } from '../new-object.ts';
import { tokenDigest } from './token-digest.ts';

/** ms; a session ends so long after its last use */
export const SESSION_MS = 8 * 3600_000;
/** ms in which a login link can be used, once */
const LINK_MS = 10 * 60_000;
/** ms between two writes of how long a session is good for */
const RENEWAL_MS = 10 * 60_000;
/** Of links, and of sessions; the one that ends first is forgotten for a new one. */
const MAX_KEPT = 1000;

/** Records that no client sees, as no kind is served under their names: all API processes share them. */
const LINKS = 'loginlinks.internal';
export const SESSIONS = 'browsersessions.internal';

/** Who a session acts as. One without `write` may only read. */
export interface Grant {
  user: User;
  write: boolean;
}

interface Kept extends Grant {
  /** ms since the epoch */
  until: number;
  /** ms since the epoch, after which no use renews it: the end of the credential that it was made with */
  limit?: number | undefined;
  /** what that credential ends with; another of the same name is not it */
  bound?: readonly (Key & { uid?: string | undefined })[] | undefined;
  /** digest of its token in the token file */
  inTokenFile?: string | undefined;
}

const BY = { user: 'system:apiserver', manager: 'ku7s', verb: 'session' };

/** The store holds no token: who reads it can use none. */
const keyOf = (resource: string, token: string): Key => ({
  resource,
  namespace: '',
  name: tokenDigest(token),
});
/** @param uid undefined of what was kept without one */
const isThere = (stored: Stored | undefined, uid: string | undefined): boolean =>
  stored !== undefined && (uid === undefined || stored.uid === uid);
const keptOf = ({ object }: Stored): Kept => object['kept'] as Kept;

/** Where sessions are kept, and who knows of the tokens that they are made with. */
interface Known extends Pick<Api, 'isInTokenFile'> {
  store: Pick<Store, 'get' | 'list' | 'commit' | 'fresh'>;
}

/** A session that stands; what it has opened ends with it, or with what its maker's credential ends with. */
export class BrowserSession implements Credential {
  readonly bound: readonly Key[];

  /** @param look at what is kept of it now */
  constructor(
    private kept: Kept,
    key: Key,
    private readonly look: () => Promise<Kept | undefined>,
  ) {
    this.bound = [key, ...(kept.bound ?? []).map(({ uid: _, ...each }) => each)];
  }
  get user(): User {
    return this.kept.user;
  }
  get write(): boolean {
    return this.kept.write;
  }
  get until(): number {
    return this.kept.until;
  }
  async recheck(): Promise<User | undefined> {
    const kept = await this.look();
    if (kept) this.kept = kept;
    return kept?.user;
  }
}

/** Sessions of browsers, begun by a link that works once. They are kept in the store, outlive a restart, and end at once everywhere. */
export class BrowserSessions {
  private readonly store: Known['store'];

  /** @param now ms since the epoch */
  constructor(
    private readonly known: Known,
    private readonly now: () => number = Date.now,
  ) {
    this.store = known.store;
  }

  /** The token of a link that begins a session. @param by the credential that it is made with: the session ends with it */
  async link(grant: Grant, by: Pick<Credential, 'until' | 'bound' | 'digest'> = {}): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    const limit = by.until !== undefined && { limit: by.until };
    const bound = by.bound?.length && {
      bound: by.bound.map((key) => ({ ...key, uid: this.store.get(key)?.uid ?? '' })),
    };
    const { digest } = by;
    const file = digest !== undefined && this.known.isInTokenFile(digest) && { inTokenFile: digest };
    await this.keep(LINKS, token, { ...grant, ...limit, ...bound, ...file, until: this.now() + LINK_MS });
    return token;
  }

  /** Begins the session of a link: its id, which the browser keeps. Undefined where the link was used, is too old or never was. */
  async begin(token: string): Promise<string | undefined> {
    const link = await this.find(LINKS, token);
    if (!link) return undefined;
    const { name, revision } = link;
    const taken = await this.store.commit({
      resource: LINKS,
      namespace: '',
      name,
      by: BY,
      type: 'delete',
      expect: revision,
    });
    const kept = keptOf(link);
    if (!taken.ok || !this.stands(kept)) return undefined;
    const id = randomBytes(32).toString('base64url');
    await this.keep(SESSIONS, id, { ...kept, until: this.end(kept) });
    return id;
  }

  /** The session of an id; undefined where it has ended or never was. */
  async of(id: string): Promise<BrowserSession | undefined> {
    const look = async (): Promise<Kept | undefined> => {
      const stored = await this.find(SESSIONS, id);
      const kept = stored && keptOf(stored);
      return kept && this.stands(kept) ? kept : undefined;
    };
    const kept = await look();
    return kept && new BrowserSession(kept, keyOf(SESSIONS, id), look);
  }

  /** A session that is used lasts. True where it has been given more time. */
  async renew(id: string): Promise<boolean> {
    const stored = await this.find(SESSIONS, id);
    const kept = stored && keptOf(stored);
    if (!kept || !this.stands(kept) || this.end(kept) - kept.until < RENEWAL_MS) return false;
    const { uid, revision } = stored;
    const renewed = { ...kept, until: this.end(kept) };
    const outcome = await this.store.commit({
      ...this.record(SESSIONS, id, renewed, uid),
      type: 'update',
      expect: revision,
    });
    return outcome.ok;
  }

  async signOut(id: string): Promise<void> {
    for (let stored = await this.find(SESSIONS, id); stored; stored = await this.find(SESSIONS, id))
      await this.drop(stored);
  }

  private end({ limit = Infinity }: Kept): number {
    return Math.min(this.now() + SESSION_MS, limit);
  }

  private stands({ until, bound = [], inTokenFile }: Kept): boolean {
    if (inTokenFile !== undefined && !this.known.isInTokenFile(inTokenFile)) return false;
    return until > this.now() && bound.every((key) => isThere(this.store.get(key), key.uid));
  }

  /** Another process may have made it. */
  private async find(resource: string, token: string): Promise<Stored | undefined> {
    const key = keyOf(resource, token);
    const known = this.store.get(key);
    if (known) return known;
    await this.store.fresh();
    return this.store.get(key);
  }

  private async keep(resource: string, token: string, kept: Kept): Promise<void> {
    const all = [...this.store.list({ resource }).items].sort((a, b) => keptOf(a).until - keptOf(b).until);
    const over = all.length - MAX_KEPT + 1;
    for (const [i, stored] of all.entries())
      if (i < over || keptOf(stored).until <= this.now()) await this.drop(stored);
    await this.store.commit({ ...this.record(resource, token, kept, newUid()), type: 'create' });
  }

  private record(resource: string, token: string, kept: Kept, uid: string) {
    const key = keyOf(resource, token);
    const { body } = serializeBody(newObject({ name: key.name, uid }, { kept }));
    return { ...key, by: BY, body, columns: { uid, labels: undefined, fields: undefined, owners: undefined } };
  }

  private async drop({ resource, name, revision }: Stored): Promise<void> {
    await this.store.commit({ resource, namespace: '', name, by: BY, type: 'delete', expect: revision });
  }
}
