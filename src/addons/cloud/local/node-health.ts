import { request } from 'node:http';
import type { Node } from '../../../../schema/types.ts';
import { parseAddress } from '../../../meta/address.ts';
import type { Clock } from '../../../rules/clock.ts';
import { isGlobal } from '../../../rules/destination.ts';
import { Gate } from '../../../rules/gate.ts';
import { endWithin } from '../../../rules/http/answer-to.ts';
import { someAtOnce } from '../../../rules/some-at-once.ts';

/** ms between two questions to a node, and how long it may take to answer. */
const PERIOD_MS = 500;
const TIMEOUT_MS = 1000;
/** Nodes that are asked at a time, by one Service and by all. */
const AT_ONCE = 64;
const ALL_AT_ONCE = 256;
/** Answers in a row after which a node that was good is not, and the other way round. */
const FAILURES = 2;

/** Whether a node answers well at this address and port. */
export type Ask = (address: string, port: number) => Promise<boolean>;

/** Asks nodes at the health check port of one Service whether they have endpoints of it, for as long as it runs. */
export class NodeHealth {
  private readonly failures = new Map<string, number>();
  private nodes: readonly Node[] = [];
  private timer: unknown;
  private stopped = false;

  constructor(
    private readonly port: number,
    private readonly clock: Clock,
    private readonly ask: Ask = askNode,
  ) {
    this.again(0);
  }

  use(nodes: readonly Node[]): void {
    this.nodes = nodes;
    const names = new Set(nodes.map(({ metadata }) => metadata.name));
    for (const name of this.failures.keys()) if (!names.has(name)) this.failures.delete(name);
  }

  /** A node that has never answered well does not do. */
  isHealthy(node: string): boolean {
    return (this.failures.get(node) ?? FAILURES) < FAILURES;
  }

  stop(): void {
    this.stopped = true;
    this.clock.clearTimeout(this.timer);
  }

  private again(ms: number): void {
    this.timer = this.clock.setTimeout(() => {
      void someAtOnce(this.nodes, AT_ONCE, (node) => this.look(node)).then(() => {
        if (!this.stopped) this.again(PERIOD_MS);
      });
    }, ms);
  }

  private async look(node: Node): Promise<void> {
    const { name } = node.metadata;
    const address = node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
    const isGood = address !== undefined && (await this.ask(address, this.port));
    if (isGood) this.failures.set(name, 0);
    else this.failures.set(name, Math.min(FAILURES, (this.failures.get(name) ?? FAILURES) + 1));
  }
}

/** The same for all Services together: questions that are too many wait for their turn, which each Service has few of. */
export function inTurn(ask: Ask = askNode, most = ALL_AT_ONCE): Ask {
  const gate = new Gate(most);
  return (address, port) => gate.run(() => ask(address, port));
}

/** As load balancers ask: `GET /healthz`, and 200 is good. What takes longer, even if it goes on, is not. */
export function askNode(host: string, port: number, timeoutMs = TIMEOUT_MS, mayAsk = isGlobal): Promise<boolean> {
  const address = parseAddress(host);
  // A node says itself where it is; nobody is led to what is this machine's alone.
  if (!address || !mayAsk(address)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const asked = request({ host, port, path: '/healthz', agent: false }, (response) => {
      response.destroy();
      resolve(response.statusCode === 200);
    });
    endWithin(asked, timeoutMs, () => new Error('it does not answer'));
    asked.on('error', () => resolve(false));
    asked.on('close', () => resolve(false));
    asked.end();
  });
}
