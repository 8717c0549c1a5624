import { createHash } from 'node:crypto';
import { GraphQLError } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { User } from '../api/contract.ts';
import { badRequest, StatusError } from '../meta/status.ts';

/** Documents that clients have left here, and their characters together. */
const MAX_KEPT = 1000;
const MAX_TEXT = 8 * 1024 * 1024;

/** What an operation says of its document: its text, or which one it is of those that are kept here, or both. */
export interface DocumentReference {
  query?: unknown;
  /** `sha256:…` or a registered name; GraphQL over HTTP, appendix A */
  documentId?: unknown;
  /** with `persistedQuery: { version: 1, sha256Hash }`, as Apollo's clients send it */
  extensions?: unknown;
}

export interface PersistedSettings {
  /** texts by their names */
  registered: ReadonlyMap<string, string>;
  /** whether users may run these and no others */
  only: boolean;
}
export const NOTHING_PERSISTED: PersistedSettings = { registered: new Map(), only: false };

/** The cluster's own parts send what they need, whatever is registered; so does the administrator, who can do all. */
const OWN_GROUPS: ReadonlySet<string> = new Set([
  'system:masters',
  'system:nodes',
  'system:serviceaccounts:kube-system',
]);
const isOwn = ({ groups }: User): boolean => groups.some((group) => OWN_GROUPS.has(group));

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
/** Each user's own: whether another has sent a document, whose values may stand in it, is not to be found out by its hash. */
const keyOf = ({ name }: User, hash: string): string => `${hash} ${name}`;
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/**
 * Documents by name: those that the administrator has registered, and those that clients leave here and then name by
 * their hash (automatic persisted queries). A document is no right: who runs it is authorised as ever.
 */
export class PersistedDocuments {
  readonly #registered: ReadonlyMap<string, string>;
  readonly #texts: ReadonlySet<string>;
  readonly #only: boolean;
  readonly #kept = new LRUCache<string, string>({
    max: MAX_KEPT,
    maxSize: MAX_TEXT,
    sizeCalculation: (text) => text.length + 1,
  });

  constructor({ registered, only }: PersistedSettings) {
    this.#registered = registered;
    this.#texts = new Set(registered.values());
    this.#only = only;
  }

  /** The text of the document that is meant. Throws 400, 403, and that it is not kept here. */
  find(reference: DocumentReference, user: User): string {
    const { query } = reference;
    const name = nameOf(reference);
    if (query === undefined || query === null) {
      if (name === undefined) throw badRequest('an operation must have a query, which is text');
      const text = this.#registered.get(name);
      const found = text ?? (this.#allows(undefined, user) ? this.#kept.get(keyOf(user, name)) : undefined);
      if (found === undefined) throw notFound();
      return found;
    }
    if (typeof query !== 'string') throw badRequest('an operation must have a query, which is text');
    const hash = hashOf(reference);
    if (hash !== undefined && sha256(query) !== hash) throw badRequest('provided sha does not match query');
    if (!this.#allows(query, user)) throw onlyRegistered();
    return query;
  }

  /** To be called for a document that is good: from now on its hash is enough for who has left it. */
  keep(reference: DocumentReference, user: User): void {
    const { query } = reference;
    const hash = hashOf(reference);
    if (typeof query === 'string' && hash !== undefined) this.#kept.set(keyOf(user, hash), query);
  }

  #allows(text: string | undefined, user: User): boolean {
    return !this.#only || isOwn(user) || (text !== undefined && this.#texts.has(text));
  }
}

const HASH = /^[0-9a-f]{64}$/;
const PREFIX = 'sha256:';

/** The hash that stands beside a text, in either form. */
function hashOf({ documentId, extensions }: DocumentReference): string | undefined {
  if (typeof documentId === 'string' && documentId.startsWith(PREFIX)) {
    const hash = documentId.slice(PREFIX.length);
    if (HASH.test(hash)) return hash;
  }
  const persisted = isObject(extensions) ? extensions['persistedQuery'] : undefined;
  if (!isObject(persisted)) return undefined;
  const { version, sha256Hash } = persisted;
  if (version !== 1) throw badRequest('Unsupported persisted query version');
  if (typeof sha256Hash !== 'string' || !HASH.test(sha256Hash))
    throw badRequest('sha256Hash must be 64 hexadecimal digits');
  return sha256Hash;
}

function nameOf(reference: DocumentReference): string | undefined {
  const { documentId } = reference;
  if (documentId === undefined || documentId === null) return hashOf(reference);
  if (typeof documentId !== 'string') throw badRequest('documentId must be text');
  return documentId.startsWith(PREFIX) ? documentId.slice(PREFIX.length) : documentId;
}

/** In the words that make Apollo's clients, and others that follow them, send the text. */
const notFound = (): GraphQLError =>
  new GraphQLError('PersistedQueryNotFound', { extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } });

const onlyRegistered = (): StatusError =>
  new StatusError({ message: 'only registered documents are run here', reason: 'Forbidden', code: 403 });
