import type { Client } from '../../client/contract.ts';
import { errorMessage } from '../../meta/error-message.ts';
import { isStatusError } from '../../meta/status.ts';
import type { Clock } from '../../rules/clock.ts';
import { NAMESPACE } from '../addon.ts';
import { Rounds } from '../rounds.ts';
import { CONFIG } from './manifests.ts';
import { hostServers, routesOf, type Routes } from './routes.ts';

/** Between two looks at the ConfigMap, ms. */
const LOOK_MS = 5000;

/**
 * Servers for other names, as the ConfigMap says now. It is asked for by its name: a watch would need the right to all.
 * What it says wrongly is said once, and what was good before stays.
 */
export class FollowRoutes {
  private routes: Routes;
  private said = '';
  private readonly rounds: Rounds;

  constructor(
    private readonly client: Pick<Client, 'get'>,
    clock: Clock,
    private readonly log: (message: string, fields?: Record<string, unknown>) => void,
    private readonly hosts = hostServers(),
  ) {
    this.routes = { stubs: new Map(), others: this.hosts };
    this.rounds = new Rounds({
      clock,
      everyMs: LOOK_MS,
      round: () => this.look(),
      failed: (error) => this.keep(error),
    });
  }

  readonly now = (): Routes => this.routes;

  /** Resolves after the first look. */
  start(): Promise<void> {
    return this.rounds.start();
  }

  stop(): void {
    this.rounds.stop();
  }

  private async look(): Promise<void> {
    const config = await this.client.get('configmaps', NAMESPACE, CONFIG);
    this.routes = routesOf(config, this.hosts);
    this.said = '';
  }

  private keep(error: unknown): void {
    if (isStatusError(error, 'NotFound')) this.routes = { stubs: new Map(), others: this.hosts };
    else if (!isStatusError(error)) this.say(errorMessage(error));
  }

  private say(error: string): void {
    if (error !== this.said) this.log('the ConfigMap is not used', { name: CONFIG, error });
    this.said = error;
  }
}
