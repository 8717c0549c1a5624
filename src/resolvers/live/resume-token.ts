import { createHash } from 'node:crypto';
import { badRequest } from '../../meta/status.ts';

/** What a subscriber may show to go on where it was: a revision, and which query's payload told it. */
export class ResumeToken {
  private readonly query: string;

  /** @param query equal for those, and only those, whose payloads go on from each other */
  constructor(query: string) {
    this.query = createHash('sha256').update(query).digest('base64url').slice(0, 10);
  }

  /** @param revision 0: there is nothing to go on from, and the next payload is the whole result */
  of(revision: number): string {
    return `${revision}.${this.query}`;
  }

  /** The revision of a token. Throws 400 for what is none of this query. */
  revisionOf(token: string): number {
    const [revision = '', query] = token.split('.');
    if (!/^(0|[1-9]\d{0,15})$/.test(revision) || query !== this.query)
      throw badRequest('resume: not a token of this query');
    return Number(revision);
  }
}
