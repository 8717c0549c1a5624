import { tooManyRequests } from '../../meta/status.ts';
import type { RequestContext } from '../contract.ts';

/** Streams (exec, attach, port-forward, followed logs, proxied requests, GraphQL's sockets and event streams) open at once, of one user and of all. */
const PER_USER = 400;
const IN_ALL = 4000;
/** s after which one may try again */
const RETRY_SECONDS = 1;

/**
 * How many streams (or others of their kind, as `what` calls them) are open in this process. Each holds two connections and their buffers for as long as its client
 * likes; a user who opens more than anybody needs is told so, and takes them from nobody else.
 */
export class OpenStreams {
  private readonly byUser = new Map<string, number>();
  private all = 0;

  constructor(
    private readonly perUser = PER_USER,
    private readonly inAll = IN_ALL,
    private readonly what = 'open streams',
  ) {}

  /** Counts a stream until its client is gone. Throws 429 where there are too many. */
  open({ user: { name }, signal }: Pick<RequestContext, 'user' | 'signal'>): void {
    const mine = this.byUser.get(name) ?? 0;
    if (mine >= this.perUser)
      throw tooManyRequests(`user ${JSON.stringify(name)} has too many ${this.what}: ${mine}`, RETRY_SECONDS);
    if (this.all >= this.inAll)
      throw tooManyRequests(`the server has too many ${this.what}: ${this.all}`, RETRY_SECONDS);
    // without a client that can leave nothing stays open
    if (!signal || signal.aborted) return;
    this.byUser.set(name, mine + 1);
    this.all++;
    signal.addEventListener('abort', () => this.close(name), { once: true });
  }

  private close(name: string): void {
    this.all--;
    const left = (this.byUser.get(name) ?? 0) - 1;
    if (left > 0) this.byUser.set(name, left);
    else this.byUser.delete(name);
  }
}
