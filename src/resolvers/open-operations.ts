import { tooManyAtOnce } from './limit-error.ts';
import type { Asked } from './schema/operations.ts';

/** Operations of one user that wait, run or follow at once, and bytes that they hold: requests, and documents once each. */
const PER_USER = 5_000;
const BYTES_PER_USER = 64 * 1024 * 1024;

interface OfUser {
  count: number;
  bytes: number;
  readonly documents: Map<object, number>;
}

/** What users have open over connections that stay. Streams themselves are counted by the API (api/streams/open-streams.ts). */
export class OpenOperations {
  private readonly byUser = new Map<string, OfUser>();

  constructor(
    private readonly perUser = PER_USER,
    private readonly bytesPerUser = BYTES_PER_USER,
  ) {}

  /**
   * Counts an operation until the returned function is called. Throws 429.
   * @param bytes of its request
   */
  open(user: string, { operation }: Asked, bytes: number): () => void {
    const mine = this.byUser.get(user) ?? { count: 0, bytes: 0, documents: new Map<object, number>() };
    const { documents } = mine;
    const document = operation?.document;
    const known = document ? (documents.get(document) ?? 0) : 0;
    const weight = operation && known === 0 ? operation.bytes : 0;
    const has = (): string =>
      `user ${JSON.stringify(user)} has too many open operations: ${mine.count}, which hold ${mine.bytes} bytes`;
    if (mine.count >= this.perUser) throw tooManyAtOnce('operations', this.perUser, has());
    if (mine.bytes + bytes + weight > this.bytesPerUser) throw tooManyAtOnce('held', this.bytesPerUser, has());
    this.byUser.set(user, mine);
    mine.count++;
    mine.bytes += bytes + weight;
    if (document) documents.set(document, known + 1);
    let closed = false;
    return () => {
      if (closed) return;
      closed = true;
      mine.count--;
      mine.bytes -= bytes;
      const left = document ? (documents.get(document) ?? 1) - 1 : 0;
      if (document && left > 0) documents.set(document, left);
      else if (document && operation) {
        documents.delete(document);
        mine.bytes -= operation.bytes;
      }
      if (mine.count === 0) this.byUser.delete(user);
    };
  }
}
