import type { FlowControl } from '../../api/fairness/flow-control.ts';
import type { Attributes } from '../../api/contract.ts';
import type { Exchange } from '../exchange.ts';
import type { Fairness } from '../services.ts';

/** Priority and fairness for requests over HTTP: waits for a seat, and tells in headers which flow a request was of. */
export function createFairness(control: FlowControl): Fairness {
  return {
    async admit(exchange: Exchange, attributes: Attributes) {
      const { release, schema, level } = await control.admit(exchange.user, attributes);
      if (schema) exchange.flow = { schema, level };
      return release;
    },
    close: () => control.close(),
  };
}
