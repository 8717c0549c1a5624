import type { Timers } from '../../rules/clock.ts';
import type { Attributes, User } from '../contract.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { Lessened } from '../authorization/rbac.ts';
import type { Held } from './held.ts';
import { inSlices } from './slices.ts';
import { Soon } from './soon.ts';

/** What some users of the same name and groups hold open by the same right: one decision is good for all. */
interface Right {
  readonly user: User;
  readonly attributes: Attributes;
  readonly dependsOn: readonly string[];
  readonly held: Set<Held>;
}

/** The rights by which something is open, looked at again when a change may have ended them. */
export class Rights {
  private readonly rights = new Map<string, Right>();
  private readonly soon: Soon;
  /** subjects with fewer rights since the last look */
  private readonly lessened = new Set<string>();
  private anybody = false;

  constructor(
    private readonly authorizer: Authorizer,
    timers: Timers,
    coalesceMs: number,
  ) {
    this.soon = new Soon(timers, coalesceMs, () => this.look());
  }

  get size(): number {
    return this.rights.size;
  }

  add(held: Held, user: User, attributes: Attributes): void {
    const key = JSON.stringify([user.name, user.groups, attributes]);
    let right = this.rights.get(key);
    if (!right) {
      right = { user, attributes, dependsOn: this.authorizer.dependsOn(user), held: new Set() };
      this.rights.set(key, right);
    }
    const { held: all } = right;
    all.add(held);
    held.knownTo(() => {
      all.delete(held);
      if (all.size === 0 && this.rights.get(key)?.held === all) this.rights.delete(key);
    });
  }

  /** @param subjects those who may have fewer rights; undefined: anybody */
  lessen(subjects: Lessened): void {
    if (this.rights.size === 0) return;
    if (subjects) for (const subject of subjects) this.lessened.add(subject);
    else this.anybody = true;
    this.soon.ask();
  }

  close(): void {
    this.soon.close();
  }

  private async look(): Promise<void> {
    const lessened = this.anybody ? undefined : new Set(this.lessened);
    this.anybody = false;
    this.lessened.clear();
    await inSlices(this.steps((right) => isLessened(right.dependsOn, lessened)));
  }

  private *steps(isConcerned: (right: Right) => boolean): Generator<void> {
    for (const right of this.rights.values()) {
      yield;
      if (!isConcerned(right)) continue;
      const why = this.authorizer.refusal(right.user, right.attributes);
      if (!why) continue;
      for (const held of right.held) {
        held.lose(why);
        yield;
      }
    }
  }
}

export const isLessened = (dependsOn: readonly string[], lessened: Lessened): boolean =>
  lessened ? dependsOn.some((subject) => lessened.has(subject)) : dependsOn.length > 0;
