import type { GraphQLRequest, GraphQLResult, Transport } from '../client/contract.ts';
import { QueueMetrics } from '../control/queue-metrics.ts';
import { isStatusError } from '../meta/status.ts';
import { REST_CLIENT, SCHEDULER, WORK_QUEUE } from '../rules/metrics/families.ts';
import { linesOf, metricsOf } from '../rules/metrics/metrics.ts';

/** Numbers of the loops of one thread: their queues, their requests, and the scheduler's. */
export class LoopMetrics {
  readonly scheduler = metricsOf(SCHEDULER);
  private readonly queues = metricsOf(WORK_QUEUE);
  private readonly client = metricsOf(REST_CLIENT);
  /** by controller: one that leads again counts on */
  private readonly byName = new Map<string, QueueMetrics>();

  queue(name: string): QueueMetrics {
    let found = this.byName.get(name);
    if (!found) this.byName.set(name, (found = new QueueMetrics(this.queues, name)));
    return found;
  }

  /** what is brought to now before it is told */
  refresh: () => void = () => undefined;

  lines(): string[] {
    this.refresh();
    for (const queue of this.byName.values()) queue.refresh();
    return linesOf(this.queues, this.client, this.scheduler);
  }

  /** The same transport, whose requests are counted. @param host where it leads */
  measured(transport: Transport, host: string): Transport {
    const { total, duration } = this.client;
    // all documents are posted; their operation is the verb
    return {
      async execute(request: GraphQLRequest): Promise<GraphQLResult> {
        const began = performance.now();
        let code = '200';
        try {
          const result = await transport.execute(request);
          const status = result.errors?.[0]?.extensions?.['code'];
          if (result.errors?.length) code = typeof status === 'number' ? String(status) : '500';
          return result;
        } catch (error) {
          code = isStatusError(error) ? String(error.code) : '<error>';
          throw error;
        } finally {
          const verb = request.query.startsWith('mutation') ? 'POST' : 'GET';
          total.of(code, verb, host).add();
          duration.of(verb, host).observe((performance.now() - began) / 1000);
        }
      },
      subscribe: (request) => transport.subscribe(request),
      close: () => transport.close(),
    };
  }
}
