import type { IncomingMessage } from 'node:http';
import { badRequest, tooManyRequests } from '../../meta/status.ts';

/** What kube-apiserver takes of one request body. */
export const MAX_BODY = 3 * 1024 * 1024;
/** A body that makes no progress for so long is given up. */
const STALL_MS = 30_000;
/** A body that is not there after so long is given up too, however it trickles: whoever sends it has a seat meanwhile. */
export const BODY_TIMEOUT_MS = 300_000;
/** Bytes of bodies that one user has sent parts of. */
const PER_USER = 64 * 1024 * 1024;
const EMPTY = Buffer.alloc(0);

/** What is kept of bodies that are not whole yet: it costs a client nothing to leave many of them so. */
export class BodyBytes {
  private readonly byUser = new Map<string, number>();

  constructor(private readonly perUser = PER_USER) {}

  /** Throws 429 where the user has too many on the way. */
  take(user: string, bytes: number): void {
    const mine = (this.byUser.get(user) ?? 0) + bytes;
    if (mine > this.perUser)
      throw tooManyRequests(`user ${JSON.stringify(user)} has too many request bodies on the way: ${mine} bytes`, 1);
    this.byUser.set(user, mine);
  }

  give(user: string, bytes: number): void {
    const left = (this.byUser.get(user) ?? 0) - bytes;
    if (left > 0) this.byUser.set(user, left);
    else this.byUser.delete(user);
  }
}

/** Who sends a body, and what is said of one that is too large. */
export interface BodyReading {
  user: string;
  onTheWay: BodyBytes;
  tooLarge(limit: number): Error;
}

/**
 * The whole body, at most `MAX_BODY` bytes, read no slower than one chunk in 30 s, and within five minutes (400). Of one
 * that is given up the rest is taken and dropped. Throws 429 where the user sends too many at once.
 */
export function readRequestBody(req: IncomingMessage, { user, onTheWay, tooLarge }: BodyReading): Promise<Buffer> {
  const announced = Number(req.headers['content-length'] ?? 0);
  if (announced > MAX_BODY) return Promise.reject(tooLarge(MAX_BODY));
  if (req.readableEnded) return Promise.resolve(EMPTY);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let taken = 0;
    const late = () => fail(badRequest('request body was not received in time'));
    const stalled = setTimeout(late, STALL_MS);
    const whole = setTimeout(late, BODY_TIMEOUT_MS);
    const over = () => {
      clearTimeout(stalled);
      clearTimeout(whole);
      onTheWay.give(user, taken);
      taken = 0;
    };
    const fail = (error: unknown) => {
      over();
      req.removeAllListeners('data');
      req.on('error', () => undefined);
      req.resume();
      reject(error as Error);
    };
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY) return fail(tooLarge(MAX_BODY));
      try {
        onTheWay.take(user, chunk.length);
      } catch (error) {
        return fail(error);
      }
      taken += chunk.length;
      stalled.refresh();
      chunks.push(chunk);
    });
    req.once('end', () => {
      over();
      resolve(chunks.length > 1 ? Buffer.concat(chunks, size) : (chunks[0] ?? EMPTY));
    });
    req.once('error', (error) => fail(badRequest(error.message)));
    req.once('aborted', () => fail(badRequest('the client went away')));
  });
}
