import type { IncomingMessage } from 'node:http';
import type { Api, RequestContext } from '../api/contract.ts';
import type { FlowControl } from '../api/fairness/flow-control.ts';
import { nextTurn } from '../api/fairness/turns.ts';
import { StatusError } from '../meta/status.ts';
import { readRequestBody } from '../rules/http/request-body.ts';
import { Budget, DEFAULT_BUDGET } from './budget.ts';
import type { Engine } from './engine.ts';
import { admitted } from './fairness.ts';
import { actAs, actingOf, type Acting } from './identity.ts';
import type { JsonText } from './json-text.ts';
import type { Asked, OperationRequest } from './schema/operations.ts';
import { tooLarge } from './limit-error.ts';
import { OpenOperations } from './open-operations.ts';
import type { DocumentReference, PersistedDocuments } from './persisted-documents.ts';
import { Places } from './places.ts';
import { Seats } from './seats.ts';
import type { Subscriber } from './live/subscriber.ts';
import { Subscription } from './live/subscription.ts';
import { Warnings } from './warnings.ts';

/** An operation as it comes from outside; `extensions` may say whom it acts for (identity.ts). */
export type OutsideRequest = OperationRequest & { extensions?: unknown };
/** Who asks. `readOnly`: a browser session that may not write. */
export interface Caller {
  context: RequestContext;
  readOnly: boolean;
  /** aborted when the connection is gone */
  signal?: AbortSignal;
}

/** Runs operations for whom they say that they act. Whatever goes wrong is in the result. */
export class Runner {
  private readonly places = new Places();
  private readonly open = new OpenOperations();

  constructor(
    private readonly api: Api,
    private readonly engine: Engine,
    private readonly flowControl: FlowControl | undefined,
    private readonly documents: PersistedDocuments,
  ) {}

  /** Finds the operation, once for all that is then done with it. Throws what is wrong with the naming of its document. */
  async ask(
    request: Omit<OutsideRequest, 'query'> & DocumentReference,
    caller: Caller,
  ): Promise<Asked<OutsideRequest>> {
    const { documentId: _, ...rest } = request;
    const query = this.documents.find(request, caller.context.user);
    // a document that has to be read first is work: one of them in a turn
    if (!this.engine.knows(query)) await nextTurn();
    const asked = this.engine.ask({ ...rest, query });
    if (asked.operation) this.documents.keep(request, caller.context.user);
    return asked;
  }

  /** Counts what stays open, until its client is gone. Throws 429. */
  countStream({ context: { user }, signal }: Caller): void {
    this.api.openStream({ user, signal });
  }

  /** The body of a request. Throws 413 for one over the limit, 400 for one that does not come, 429 for too many. */
  async bodyOf(req: IncomingMessage, { context: { user } }: Caller): Promise<string> {
    const bytes = await readRequestBody(req, {
      user: user.name,
      onTheWay: this.api.bodies,
      tooLarge: (limit) => tooLarge('body', limit, `limit is ${limit}`),
    });
    return bytes.toString();
  }

  /** Counts an operation over a connection that stays, until the returned function is called. Throws 429. */
  openOperation(asked: Asked, { context }: Caller, bytes: number): () => void {
    return this.open.open(context.user.name, asked, bytes);
  }

  /**
   * Runs `run` when there are seats for operations from outside, which come together and share a budget. It is over when
   * their answer has been taken. Throws 429.
   */
  async whenAdmitted<T>(asked: readonly Asked[], caller: Caller, run: (budget: Budget) => Promise<T> | T): Promise<T> {
    const seats = await Seats.take(() => admitted(this.flowControl, asked, caller.context.user));
    const budget = this.budgetOf(caller);
    // of several the others go on while one waits
    if (asked.length === 1) budget.seats = seats;
    try {
      return await run(budget);
    } finally {
      budget.close();
      seats.free();
    }
  }

  /** A query or mutation from outside, which has been admitted. */
  async execute(asked: Asked<OutsideRequest>, caller: Caller, budget: Budget): Promise<JsonText> {
    try {
      return await this.executeAs(actingOf(asked.request.extensions), asked, caller, budget);
    } catch (error) {
      return this.engine.refused(error);
    }
  }

  /** A subscription from outside: waits for seats before it begins, and gives them back then, as it may last for hours. */
  async subscribe(asked: Asked<OutsideRequest>, caller: Caller): Promise<Subscriber> {
    try {
      const acting = actingOf(asked.request.extensions);
      const subscriber = await this.whenAdmitted([asked], caller, () => this.subscribeAs(acting, asked, caller));
      subscriber.takesTurns = true;
      return subscriber;
    } catch (error) {
      return Subscription.of(this.engine.refused(error));
    }
  }

  /** Any operation from outside as what gives its results; the budget is to be closed when they have been taken. */
  async results(asked: Asked<OutsideRequest>, caller: Caller): Promise<{ budget: Budget; results: Subscriber }> {
    const budget = this.budgetOf(caller);
    if (asked.operation?.node.operation === 'subscription')
      return { budget, results: await this.subscribe(asked, caller) };
    try {
      const run = ({ seats }: Budget): Promise<JsonText> => {
        budget.seats = seats;
        return this.execute(asked, caller, budget);
      };
      return { budget, results: Subscription.of(await this.whenAdmitted([asked], caller, run)) };
    } catch (error) {
      return { budget, results: Subscription.of(this.engine.refused(error)) };
    }
  }

  /** @param budget without it, it is an operation of this process */
  async executeAs(acting: Acting, asked: Asked, { context, readOnly }: Caller, budget?: Budget): Promise<JsonText> {
    const warnings = new Warnings((text) => context.warn(text));
    try {
      if (readOnly && asked.operation?.writes) throw readOnlySession();
      return warnings.on(await this.engine.execute(asked, actAs(this.api, context, acting, warnings.add), budget));
    } catch (error) {
      return this.engine.refused(error);
    }
  }

  private budgetOf({ context: { user }, signal }: Caller): Budget {
    return new Budget(DEFAULT_BUDGET, () => this.places.enter(user.name), signal);
  }

  subscribeAs(acting: Acting, asked: Asked, { context, readOnly }: Caller): Subscriber {
    try {
      if (readOnly && asked.operation?.writes) throw readOnlySession();
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
