import type { Kind, Registry } from '../../kinds/kind.ts';

/** What was looked at while something was made of a kind. */
interface Made {
  /** answers of the registry, by question */
  answers: Map<string, { ask: () => unknown; answer: unknown }>;
  /** other kinds, and which state of what is made of them */
  kinds: Map<Kind, object>;
  state: object;
  /** generation of the registry at which all of it was found to be so still */
  checked: number;
}

/**
 * What types of kinds depend on. While a kind's are made, what is asked of the registry and which other kinds are used is
 * written down; when the registry has changed, what would be answered in another way is made anew, and nothing else.
 */
export class Dependencies {
  /** to be asked in the registry's place */
  readonly registry: Registry;
  private readonly made = new WeakMap<Kind, Made>();
  private readonly stack: Kind[] = [];

  constructor(
    private readonly real: Registry,
    private readonly forget: (kind: Kind) => void,
  ) {
    this.registry = this.recording();
  }

  making<T>(kind: Kind, make: () => T): T {
    this.stack.push(kind);
    try {
      return make();
    } finally {
      this.stack.pop();
    }
  }

  /** What is made now leads to this kind. Forgets what is not current of it. */
  uses(kind: Kind): void {
    const by = this.stack.at(-1);
    if (by === kind) return;
    this.check(kind);
    if (by) this.of(by).kinds.set(kind, this.of(kind).state);
  }

  /** What is made of a kind is the same for as long as this is the same. */
  stateOf(kind: Kind): object {
    this.check(kind);
    return this.of(kind).state;
  }

  private check(kind: Kind): void {
    const asked = new Set<Kind>();
    // in a circle only all are current together
    if (this.isCurrent(kind, asked)) for (const one of asked) this.of(one).checked = this.real.generation;
  }

  private isCurrent(kind: Kind, asked: Set<Kind>): boolean {
    const made = this.made.get(kind);
    if (!made || made.checked === this.real.generation || asked.has(kind)) return true;
    asked.add(kind);
    const same =
      [...made.answers.values()].every(({ ask, answer }) => ask() === answer) &&
      [...made.kinds].every(([other, state]) => this.isCurrent(other, asked) && this.of(other).state === state);
    if (!same) {
      this.made.delete(kind);
      this.forget(kind);
    }
    return same;
  }

  private of(kind: Kind): Made {
    let made = this.made.get(kind);
    if (!made) {
      made = { answers: new Map(), kinds: new Map(), state: {}, checked: this.real.generation };
      this.made.set(kind, made);
    }
    return made;
  }

  private note<T>(question: string, ask: () => T): T {
    const answer = ask();
    const by = this.stack.at(-1);
    if (by) this.of(by).answers.set(question, { ask, answer });
    return answer;
  }

  private recording(): Registry {
    const { real } = this;
    return {
      get generation() {
        return real.generation;
      },
      all: () => this.note('all', () => real.all()),
      ofKey: (key) => this.note(`kinds ${key}`, () => real.ofKey(key)),
      groups: () => this.note('groups', () => real.groups()),
      byResource: (group, version, resource) =>
        this.note(`resource ${group}/${version}/${resource}`, () => real.byResource(group, version, resource)),
      byKind: (group, version, kind) =>
        this.note(`kind ${group}/${version}/${kind}`, () => real.byKind(group, version, kind)),
      preferred: (key) => this.note(`preferred ${key}`, () => real.preferred(key)),
      storage: (key) => this.note(`storage ${key}`, () => real.storage(key)),
      leadingTo: (key, which) => this.note(`${which} leading to ${key}`, () => real.leadingTo(key, which)),
      setCustom: (definition, kinds) => real.setCustom(definition, kinds),
      onChange: (listener) => real.onChange(listener),
    };
  }
}
