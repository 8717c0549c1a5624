import type { Balancer } from './balancer.ts';
import type { Endpoints, Protocol } from './endpoints.ts';
import type { ExternalNames } from './external-names.ts';
import type { Reach } from '../reach.ts';
import { Refusal } from './refusal.ts';
import type { Backend } from './route.ts';
import type { Traffic } from './traffic.ts';
import { BodyTooLarge, newAttempt, type Attempt } from './upstream.ts';

export interface DispatcherOptions {
  endpoints: Pick<Endpoints, 'of'>;
  reach: Pick<Reach, 'allowed'>;
  names: Pick<ExternalNames, 'addresses'>;
  balancer: Balancer;
  traffic: Traffic;
}

export interface Place {
  address: string;
  port: number;
}
export type Send = (place: Place, protocol: Protocol, attempt: Attempt) => Promise<void>;

/** Times that one request is tried. */
const MAX_ATTEMPTS = 3;

/** Finds an endpoint of a backend that takes a request. */
export class Dispatcher {
  constructor(private readonly options: DispatcherOptions) {}

  /**
   * Sends to one endpoint after the other, until one has taken it. Where no connection could be made nothing has been
   * sent, so any request may go to the next; over a connection that was closed behind our back only what may be sent
   * twice. Throws Refusal.
   */
  async send(backend: Backend, mayRepeat: boolean, isWanted: () => boolean, send: Send): Promise<void> {
    if (backend.refusal) throw new Refusal(backend.refusal.status, backend.refusal.reason);
    const { places, protocol } = await this.placesOf(backend);
    for (let i = 0; i < MAX_ATTEMPTS && isWanted(); i++) {
      const place = places[i % places.length]!;
      const attempt = newAttempt();
      if (i > 0) this.options.traffic.retried();
      try {
        return await send(place, protocol, attempt);
      } catch (error) {
        // its answer has begun: whoever reads it sees that it ends too early
        if (attempt.answered) return;
        if (error instanceof BodyTooLarge) throw new Refusal(413, 'Content Too Large');
        if (attempt.timedOut) throw new Refusal(504, 'Gateway Timeout');
        const another = i + 1 < places.length;
        if (attempt.connected ? !(attempt.reused && mayRepeat) : !another) break;
      }
    }
    throw new Refusal(502, 'Bad Gateway');
  }

  private async placesOf(backend: Backend): Promise<{ places: Place[]; protocol: Protocol }> {
    const { endpoints, names, reach, balancer } = this.options;
    const found = endpoints.of(backend);
    if (found.kind === 'none') throw new Refusal(503, 'Service Unavailable');
    const protocol = backend.protocol ?? found.protocol;
    let places: Place[];
    if (found.kind === 'name') {
      const { name, port } = found;
      places = (await names.addresses(name, port)).map((address) => ({ address, port }));
    } else {
      places = balancer.order(found.targets).flatMap(({ address, port, endpoint }) => {
        const allowed = reach.allowed(address, port, backend.namespace, endpoint);
        return allowed ? [{ address: allowed, port }] : [];
      });
    }
    if (!places.length) throw new Refusal(503, 'Service Unavailable');
    return { places: places.slice(0, MAX_ATTEMPTS), protocol };
  }
}
