import type { ClientResource } from '../client/contract.ts';
import type { Context } from '../control/contract.ts';

/** ms for which it is remembered what the API serves, and for which one that it did not serve is not asked for again */
const FRESH_MS = 30_000;
const MISSED_MS = 1_000;

/** What the API serves, by kind: asked for now and then, not by each of many objects that name a kind. */
export class KnownResources {
  private known: { at: number; list: Promise<ClientResource[]> } | undefined;

  /** The resource of a kind; undefined where there is none. Rejects where the API cannot be asked. */
  async find(kind: string, group: string, ctx: Pick<Context, 'client' | 'clock'>): Promise<ClientResource | undefined> {
    const isIt = (resource: ClientResource): boolean => resource.kind === kind && resource.group === group;
    return (await this.list(FRESH_MS, ctx)).find(isIt) ?? (await this.list(MISSED_MS, ctx)).find(isIt);
  }

  private list(fresh: number, { client, clock }: Pick<Context, 'client' | 'clock'>): Promise<ClientResource[]> {
    const now = clock.now();
    if (this.known && now - this.known.at < fresh) return this.known.list;
    const asked = { at: now, list: client.resources() };
    this.known = asked;
    asked.list.catch(() => {
      if (this.known === asked) this.known = undefined;
    });
    return asked.list;
  }
}
