import { setImmediate as nextTurn } from 'node:timers/promises';
import { isStatusError, unauthorized, type StatusError } from '../../meta/status.ts';
import type { Clock } from '../../rules/clock.ts';
import type { Key } from '../../store/contract.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { Lessened } from '../authorization/rbac.ts';
import type { Credential, RequestContext, User } from '../contract.ts';
import type { Held } from './held.ts';
import { isLessened } from './rights.ts';
import { inSlices } from './slices.ts';
import { Soon } from './soon.ts';

/** Credentials that are asked in one turn of the loop, side by side: what waits for the store waits together. */
const AT_ONCE = 32;
/** ms after which one is asked again that is good beyond the end that it says, because another was shown with it */
const OVERDUE_MS = 10_000;
/** ms that one may stay which cannot be asked, as while the database is away */
const MAX_UNSURE_MS = 3600_000;

/** A credential by which something is open. */
interface Shown {
  readonly credential: Credential;
  readonly user: User;
  /** whose changes can take from it that it acts for another */
  readonly dependsOn: readonly string[];
  readonly held: Set<Held>;
  /** ms since the epoch at which it was good last */
  good: number;
  timer: unknown;
}

/** The credentials by which something is open, asked again when one may have ended: by its time, or with what it names. */
export class HeldCredentials {
  private readonly shown = new Map<Credential, Shown>();
  /** resource → `namespace/name` → who ends with it */
  private readonly bound = new Map<string, Map<string, Set<Shown>>>();
  private readonly due = new Set<Shown>();
  private readonly soon: Soon;

  constructor(
    private readonly authorizer: Authorizer,
    private readonly clock: Clock,
    coalesceMs: number,
    private readonly log: (line: string) => void,
  ) {
    this.soon = new Soon(clock, coalesceMs, () => this.look());
  }

  get size(): number {
    return this.shown.size;
  }

  add(held: Held, credential: Credential, { user, impersonator }: RequestContext): void {
    let shown = this.shown.get(credential);
    if (!shown) {
      const dependsOn = impersonator ? this.authorizer.dependsOn(impersonator) : [];
      shown = { credential, user, dependsOn, held: new Set(), good: this.clock.now(), timer: undefined };
      this.shown.set(credential, shown);
      this.bind(shown);
      this.arm(shown, 0);
    }
    const known = shown;
    known.held.add(held);
    held.knownTo(() => {
      known.held.delete(held);
      if (known.held.size === 0) this.forget(known);
    });
  }

  /** Something that credentials may be bound to has changed or is gone. */
  changed({ resource, namespace, name }: Key): void {
    this.ask(this.bound.get(resource)?.get(`${namespace}/${name}`) ?? []);
  }
  /** Whether any credential names an object of the resource. */
  names(resource: string): boolean {
    return this.bound.has(resource);
  }

  /** Who acts for another needs the right to. */
  lessen(subjects: Lessened): void {
    const concerned: Shown[] = [];
    for (const shown of this.shown.values()) if (isLessened(shown.dependsOn, subjects)) concerned.push(shown);
    this.ask(concerned);
  }

  askAll(): void {
    this.ask(this.shown.values());
  }

  close(): void {
    this.soon.close();
    for (const { timer } of this.shown.values()) this.clock.clearTimeout(timer);
  }

  private ask(some: Iterable<Shown>, ms?: number): void {
    for (const shown of some) this.due.add(shown);
    if (this.due.size) this.soon.ask(ms);
  }

  private async look(): Promise<void> {
    const due = [...this.due];
    this.due.clear();
    for (let i = 0; i < due.length; i += AT_ONCE) {
      if (i) await nextTurn();
      await Promise.all(due.slice(i, i + AT_ONCE).map((shown) => this.recheck(shown)));
    }
  }

  private async recheck(shown: Shown): Promise<void> {
    if (shown.held.size === 0) return;
    const why = await this.refusal(shown);
    if (why) await inSlices(lost(shown.held, why));
    else if (this.shown.get(shown.credential) === shown) this.arm(shown);
  }

  private async refusal(shown: Shown): Promise<StatusError | undefined> {
    try {
      const user = await shown.credential.recheck();
      if (!user || !isSame(user, shown.user)) return unauthorized();
      shown.good = this.clock.now();
      return undefined;
    } catch (error) {
      if (isStatusError(error) && (error.code === 401 || error.code === 403)) return error;
      this.log(`asking a credential of ${shown.user.name} again: ${(error as Error).message}`);
      return this.clock.now() - shown.good < MAX_UNSURE_MS ? undefined : unauthorized();
    }
  }

  /** At its own end it is asked at once. @param overdue ms after which that is where the end has been */
  private arm(shown: Shown, overdue = OVERDUE_MS): void {
    this.clock.clearTimeout(shown.timer);
    const { until } = shown.credential;
    if (until === undefined) return;
    const left = until - this.clock.now();
    shown.timer = this.clock.setTimeout(() => this.ask([shown], 0), left >= 0 ? left + 1 : overdue);
  }

  private bind(shown: Shown): void {
    for (const { resource, namespace, name } of shown.credential.bound ?? []) {
      let objects = this.bound.get(resource);
      if (!objects) this.bound.set(resource, (objects = new Map()));
      const key = `${namespace}/${name}`;
      const known = objects.get(key);
      if (known) known.add(shown);
      else objects.set(key, new Set([shown]));
    }
  }

  private forget(shown: Shown): void {
    this.clock.clearTimeout(shown.timer);
    this.shown.delete(shown.credential);
    this.due.delete(shown);
    for (const { resource, namespace, name } of shown.credential.bound ?? []) {
      const objects = this.bound.get(resource);
      const known = objects?.get(`${namespace}/${name}`);
      known?.delete(shown);
      if (known?.size === 0) objects?.delete(`${namespace}/${name}`);
      if (objects?.size === 0) this.bound.delete(resource);
    }
  }
}

function* lost(held: Iterable<Held>, why: StatusError): Generator<void> {
  for (const each of held) {
    each.lose(why);
    yield;
  }
}

/** Who has other groups now is another to everything that was decided for him. */
const isSame = (a: User, b: User): boolean => identityOf(a) === identityOf(b);
const identityOf = ({ name, uid, groups, extra }: User): string => JSON.stringify([name, uid, groups, extra]);
