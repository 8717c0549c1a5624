/** Subjects that are told apart; more are forgotten, and then everybody's version is another. */
const MAX_SUBJECTS = 10_000;

/** Counts changes of what subjects may, so that two looks at a user's rights can be told to be at the same. */
export class RightsVersions {
  private readonly changes = new Map<string, number>();
  private epoch = 0;

  changed(subjects: Iterable<string>): void {
    for (const subject of subjects) this.changes.set(subject, (this.changes.get(subject) ?? 0) + 1);
    if (this.changes.size > MAX_SUBJECTS) this.changedAll();
  }

  changedAll(): void {
    this.epoch++;
    this.changes.clear();
  }

  /** @param subjects what bindings may name the user by, in an order that stays */
  of(subjects: readonly string[]): string {
    return `${this.epoch}:${subjects.map((subject) => this.changes.get(subject) ?? 0).join(',')}`;
  }
}
