import type { Api, RequestContext } from '../api/contract.ts';
import type { FlowControl } from '../api/fairness/flow-control.ts';
import { StatusError } from '../meta/status.ts';
import type { Engine } from './engine.ts';
import { admitted } from './fairness.ts';
import { actAs, actingOf, type Acting } from './identity.ts';
import { withExtensions, type JsonText } from './json-text.ts';
import type { Asked, OperationRequest } from './operations.ts';
import { Subscription, type Subscriber } from './subscription.ts';

/** An operation as it comes from outside; `extensions` may say whom it acts for (identity.ts). */
export type OutsideRequest = OperationRequest & { extensions?: unknown };
/** Who asks. `readOnly`: a browser session that may not write. */
export interface Caller {
  context: RequestContext;
  readOnly: boolean;
}

/** Warnings in one result; more are dropped. */
const MAX_WARNINGS = 100;

/** Runs operations for whom they say that they act. Whatever goes wrong is in the result. */
export class Runner {
  constructor(
    private readonly api: Api,
    private readonly engine: Engine,
    private readonly flowControl: FlowControl | undefined,
  ) {}

  /** Finds the operation, once for all that is then done with it. */
  ask(request: OutsideRequest): Asked<OutsideRequest> {
    return this.engine.ask(request);
  }

  /** Runs `run` when there are seats for operations from outside, which come together. Throws 429. */
  async whenAdmitted<T>(asked: readonly Asked[], { context }: Caller, run: () => Promise<T> | T): Promise<T> {
    const release = await admitted(this.flowControl, asked, context.user);
    try {
      return await run();
    } finally {
      release();
    }
  }

  /** A query or mutation from outside, which has been admitted. */
  async execute(asked: Asked<OutsideRequest>, caller: Caller): Promise<JsonText> {
    try {
      return await this.executeAs(actingOf(asked.request.extensions), asked, caller);
    } catch (error) {
      return this.engine.refused(error);
    }
  }

  /** A subscription from outside: waits for seats before it begins, and gives them back then, as it may last for hours. */
  async subscribe(asked: Asked<OutsideRequest>, caller: Caller): Promise<Subscriber> {
    try {
      const acting = actingOf(asked.request.extensions);
      return await this.whenAdmitted([asked], caller, () => this.subscribeAs(acting, asked, caller));
    } catch (error) {
      return Subscription.of(this.engine.refused(error));
    }
  }

  /** Any operation from outside as what gives its results. */
  async results(asked: Asked<OutsideRequest>, caller: Caller): Promise<Subscriber> {
    if (asked.operation?.node.operation === 'subscription') return this.subscribe(asked, caller);
    try {
      return Subscription.of(await this.whenAdmitted([asked], caller, () => this.execute(asked, caller)));
    } catch (error) {
      return Subscription.of(this.engine.refused(error));
    }
  }

  async executeAs(acting: Acting, asked: Asked, { context, readOnly }: Caller): Promise<JsonText> {
    const warnings = new Set<string>();
    const warn = (text: string): void => {
      if (warnings.size < MAX_WARNINGS) warnings.add(text);
      context.warn(text);
    };
    try {
      if (readOnly && asked.operation?.node.operation === 'mutation') throw readOnlySession();
      const result = await this.engine.execute(asked, actAs(this.api, context, acting, warn));
      return warnings.size ? withExtensions(result, { warnings: [...warnings] }) : result;
    } catch (error) {
      return this.engine.refused(error);
    }
  }

  subscribeAs(acting: Acting, asked: Asked, { context }: Caller): Subscriber {
    try {
      return this.engine.subscribe(
        asked,
        actAs(this.api, context, acting, (text) => context.warn(text)),
      );
    } catch (error) {
      return Subscription.of(this.engine.refused(error));
    }
  }
}

const readOnlySession = (): StatusError =>
  new StatusError({ message: 'this session is for reading only', reason: 'Forbidden', code: 403 });
