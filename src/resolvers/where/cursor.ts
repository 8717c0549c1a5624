import { createHash } from 'node:crypto';
import { badRequest } from '../../meta/status.ts';
import { canonicalText } from './canonical-text.ts';

/** A place in the answer of one query at one revision: that of an object, which is part of it. */
export interface Cursor {
  revision: number;
  namespace: string;
  name: string;
}

/** Tells a query from others: what is selected and in which order, not which part of it. */
export const queryDigest = (query: unknown): string =>
  createHash('sha256').update(canonicalText(query)).digest('base64url').slice(0, 12);

export const encodeCursor = ({ revision, namespace, name }: Cursor, digest: string): string =>
  Buffer.from(`${digest} ${revision} ${namespace} ${name}`).toString('base64url');

const TEXT = /^([\w-]{12}) (\d{1,15}) (\S*) (\S+)$/;

/** Throws 400 for one that is none, or of another query. */
export function decodeCursor(text: string, digest: string, argument: string): Cursor {
  const [, of, revision, namespace = '', name = ''] = TEXT.exec(Buffer.from(text, 'base64url').toString('utf8')) ?? [];
  if (of === undefined) throw badRequest(`${argument}: not a cursor`);
  if (of !== digest)
    throw badRequest(
      `${argument}: a cursor of another query: the same namespaces, selectors, where and orderBy are needed`,
    );
  return { revision: Number(revision), namespace, name };
}
