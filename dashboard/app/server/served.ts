import type { Kind } from './kind.ts';
import { ask } from './query.ts';
import { whoAmI, type Who } from './session.ts';

const KINDS = /* GraphQL */ `
  query Kinds {
    kinds(preferred: true) {
      resource
      group
      version
      kind
      namespaced
      custom
      verbs
      shortNames
      subresources
      type
      one
      many
      columns {
        name
        type
        format
        description
        priority
      }
      rights
    }
    myNamespaces
  }
`;

/** What the server serves to who asks. */
export interface Served {
  kinds: readonly Kind[];
  myNamespaces: readonly string[];
}

type Answer = [served: Served, who: Who | undefined];

let begun: Promise<Answer> | undefined;

const asked = (): Promise<Answer> => Promise.all([ask<Served>(KINDS), whoAmI().catch(() => undefined)]);

/** Asks ahead of the first `askServed`, which has the answer then. */
export function beginServed(): void {
  begun = asked();
  // who waits for it hears of it
  begun.catch(() => undefined);
}

/** What is served, and who one is; undefined: the server does not say. Throws what `ask` throws. */
export function askServed(): Promise<Answer> {
  const first = begun;
  begun = undefined;
  return first ?? asked();
}
