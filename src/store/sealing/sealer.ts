import type { Key } from '../contract.ts';
import type { Opened, Provider } from './provider.ts';

/** What stands before everything that is sealed, whoever sealed it; a body in the open begins with a brace. */
const SEALED = 'k8s:enc:';
/** Resources whose rules are remembered; definitions come and go. */
const MAX_RULES = 10_000;

/** The providers of a resource, in order: the first writes, all read. `identity`: as it is. */
export type Rule = readonly (Provider | 'identity')[];

/** By resource as the store names it (`secrets`, `deployments.apps`), `*.apps`, `*.` (the core group) and `*.*`. */
export type Rules = ReadonlyMap<string, Rule>;

/**
 * Seals what is stored, by resource. A sealed body is a JSON string, `"k8s:enc:PROVIDER:…"`, so that it is JSON like any
 * other body to those who look at the database with SQL. What it is sealed for is its key: resource, namespace, name.
 */
export class Sealer {
  #rules: Rules;
  readonly #own: Provider;
  readonly #found = new Map<string, Rule>();

  /** @param own the cluster's own keys: what they have sealed is read whatever the rules say */
  constructor(rules: Rules, own: Provider) {
    this.#rules = rules;
    this.#own = own;
  }

  /** Other rules, from now on. */
  replace(rules: Rules): void {
    this.#rules = rules;
    this.#found.clear();
  }

  /** What is stored in place of `plain`; undefined: `plain` itself. Throws SealFailed. */
  seal(key: Key, plain: () => Buffer): { text: string; mark: string } | undefined {
    const writer = this.#ruleOf(key.resource)[0];
    if (writer === undefined || writer === 'identity') return undefined;
    try {
      const { mark } = writer;
      return { text: JSON.stringify(writer.seal(plain(), contextOf(key))), mark };
    } catch (error) {
      throw new SealFailed((error as Error).message, { cause: error });
    }
  }

  /** Opens what isSealed. Throws an Error that says why it cannot be read. */
  open(key: Key, stored: string): Opened {
    const text = JSON.parse(stored) as string;
    const context = contextOf(key);
    let failure: Error | undefined;
    for (const provider of this.#readersOf(key.resource)) {
      if (!text.startsWith(provider.prefix)) continue;
      try {
        return provider.open(text.slice(provider.prefix.length), context);
      } catch (error) {
        failure ??= error as Error;
      }
    }
    throw failure ?? new Error(NO_PREFIX);
  }

  /** Fetches what opening these needs from elsewhere. Never throws: what cannot be had fails in `open`. */
  async prepare(rows: readonly { resource: string; body: string | null }[]): Promise<void> {
    const remote = new Map<Provider, string[]>();
    for (const { resource, body } of rows) {
      if (!isSealed(body)) continue;
      for (const provider of this.#readersOf(resource)) {
        if (!provider.prepare || !body.startsWith(provider.prefix, 1)) continue;
        const rests = remote.get(provider) ?? [];
        remote.set(provider, rests);
        rests.push(body.slice(provider.prefix.length + 1, -1));
      }
    }
    for (const [provider, rests] of remote) await provider.prepare!(rests);
  }

  /** Whether a body of this resource may stand there in the open. */
  readsPlain(resource: string): boolean {
    return this.#ruleOf(resource).includes('identity');
  }

  /** Whether the rules seal a resource, or read what was sealed of it. */
  seals(resource: string): boolean {
    return this.#ruleOf(resource).some((provider) => provider !== 'identity');
  }

  /** Whether a write would now store it in another way: `mark` says how it was, '' in the open. */
  isStale(resource: string, mark: string): boolean {
    const writer = this.#ruleOf(resource)[0];
    return mark !== (writer === undefined || writer === 'identity' ? '' : writer.mark);
  }

  #readersOf(resource: string): Provider[] {
    return [...this.#ruleOf(resource).filter((provider) => provider !== 'identity'), this.#own];
  }

  #ruleOf(resource: string): Rule {
    const found = this.#found.get(resource);
    if (found) return found;
    const dot = resource.indexOf('.');
    const group = dot < 0 ? '*.' : `*${resource.slice(dot)}`;
    const rule = this.#rules.get(resource) ?? this.#rules.get(group) ?? this.#rules.get('*.*') ?? PLAIN;
    if (this.#found.size >= MAX_RULES) this.#found.clear();
    this.#found.set(resource, rule);
    return rule;
  }
}

const PLAIN: Rule = ['identity'];
export const NO_PREFIX = 'no matching prefix found';

export const isSealed = (body: string | null): body is string =>
  body !== null && body.charCodeAt(0) === 0x22 && body.startsWith(SEALED, 1);

/** No part has a slash. */
const contextOf = ({ resource, namespace, name }: Key): Buffer => Buffer.from(`${resource}/${namespace}/${name}`);

/** A body that cannot be sealed now; nothing of it is written. Becomes 500. */
export class SealFailed extends Error {
  override name = 'SealFailed';
}
