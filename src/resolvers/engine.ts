import { stringifyExact } from '../go/json-numbers.ts';
import {
  createSourceEventStream,
  execute,
  type ExecutionResult,
  type FormattedExecutionResult,
  type GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  type OperationTypeNode,
} from 'graphql';
import type { Api, RequestContext } from '../api/contract.ts';
import { badRequest } from '../meta/status.ts';
import { createContext } from './context.ts';
import { Documents, type Document, type Operation } from './documents.ts';
import { formatError } from './errors.ts';
import { genericSchema } from './generic.ts';
import type { JsonText } from './json-text.ts';
import type { Limits } from './limits.ts';
import { buildSchema } from './schema.ts';
import { SharedSubscriptions } from './shared-subscriptions.ts';

export interface OperationRequest {
  query: string;
  variables?: Record<string, unknown> | null;
  operationName?: string | null;
}
export type Result = FormattedExecutionResult<Record<string, unknown>>;

/** Asks for the schema itself, which must be the whole one. */
const INTROSPECTION = /__(schema|type)\b/;

/**
 * Runs operations on the schema of the kinds that are served now. When the kinds change, the next operation gets a new
 * schema; what runs ends on the old one. Each operation can be had in two forms: as the text of its result, for what
 * goes over a wire, and as objects that are shared with the server's cache, for the same thread.
 */
export class Engine {
  private current: { generation: number; documents: Documents } | undefined;
  /**
   * What asks for no typed kind (all that the loops send) runs on the part of the schema that no kind changes: a new
   * custom resource then costs them no new schema.
   */
  private readonly generic: Documents;
  private readonly results = new SharedSubscriptions<Result>(() => 0); // objects of the cache, which it has anyway
  private readonly texts = new SharedSubscriptions<JsonText>((text) => text.length);

  constructor(
    private readonly api: Api,
    private readonly limits: Limits,
    private readonly report: (error: unknown) => void,
  ) {
    this.generic = new Documents(genericSchema(), limits);
  }

  get schema(): GraphQLSchema {
    return this.typed().schema;
  }

  /** By graphql-js. */
  async execute(request: OperationRequest, context: RequestContext): Promise<Result> {
    try {
      return await this.run(this.notSubscription(request), request, context);
    } catch (error) {
      return this.refusal(error);
    }
  }

  /** Compiled, as far as the document can be; the same answer as `execute`. The request's variables become the server's own. */
  async executeText(request: OperationRequest, context: RequestContext): Promise<JsonText> {
    try {
      const operation = this.notSubscription(request);
      const format = (error: GraphQLError): GraphQLFormattedError => formatError(error, this.report);
      const text = await operation.compiled?.run(
        request.variables ?? {},
        createContext(this.api, context, true),
        format,
      );
      return text ?? stringifyExact(await this.run(operation, request, context));
    } catch (error) {
      return JSON.stringify(this.refusal(error));
    }
  }

  /** Errors are results, the last ones; the iterator itself throws only when its reader was cut for being slow. */
  subscribe(request: OperationRequest, context: RequestContext): AsyncIterableIterator<Result> {
    return this.join(this.results, request, context, {
      result: (result) => result,
      event: (operation, args) => this.runEvent(operation, args),
    });
  }

  /** The same as texts. An event's text is made once for all who share the subscription. */
  subscribeText(request: OperationRequest, context: RequestContext): AsyncIterableIterator<JsonText> {
    return this.join(this.texts, request, context, {
      result: (result) => stringifyExact(result),
      event: async (operation, args) =>
        operation.compiled?.event(args.rootValue) ?? stringifyExact(await this.runEvent(operation, args)),
    });
  }

  /** 'query', 'mutation' or 'subscription'; undefined where the document is not valid. */
  operationType(request: OperationRequest): OperationTypeNode | undefined {
    return this.document(request.query).operation(request.operationName)?.node.operation;
  }

  /** Fields that the operation may produce; 0 where it will be refused. */
  cost(request: OperationRequest): number {
    try {
      return this.operation(request).cost(request.variables ?? {});
    } catch {
      return 0;
    }
  }

  /** The operation's type, or what is wrong with it; for transports that tell the two apart before they run it. */
  check(request: OperationRequest): { type: OperationTypeNode } | { errors: readonly GraphQLFormattedError[] } {
    try {
      return { type: this.operation(request).node.operation };
    } catch (error) {
      return { errors: this.refusal(error).errors! };
    }
  }

  /** What is thrown before or while an operation starts, as its result. */
  refusal(error: unknown): Result {
    return {
      errors: (error instanceof RefusedDocument ? error.errors : [error]).map((each) => formatError(each, this.report)),
    };
  }

  private join<T>(
    shared: SharedSubscriptions<T>,
    request: OperationRequest,
    context: RequestContext,
    form: Form<T>,
  ): AsyncIterableIterator<T> {
    const { user, agent, impersonator } = context;
    const key = JSON.stringify([
      request.query,
      request.operationName,
      request.variables,
      user.name,
      user.uid,
      user.groups,
      user.extra,
    ]);
    // Not the first one's connection: others stay when it goes.
    const own: RequestContext = { user, agent, impersonator, warn: () => undefined };
    return shared.join(key, () => new Subscription(() => this.start(request, own, form)));
  }

  private async start<T>(
    request: OperationRequest,
    requestContext: RequestContext,
    form: Form<T>,
  ): Promise<AsyncIterator<T>> {
    const refused = (error: unknown): T => form.result(this.refusal(error));
    try {
      const operation = this.operation(request);
      const { schema, document } = operation;
      if (operation.node.operation !== 'subscription')
        return once(form.result(await this.execute(request, requestContext)));
      const args = { schema, document, variableValues: request.variables, operationName: request.operationName };
      const source = await createSourceEventStream({ ...args, contextValue: createContext(this.api, requestContext) });
      if (!(Symbol.asyncIterator in source)) return once(form.result(this.result(source)));
      const each = (rootValue: unknown): Promise<T> =>
        form.event(operation, { rootValue, request, context: requestContext });
      return mapped(source[Symbol.asyncIterator](), each, refused);
    } catch (error) {
      return once(refused(error));
    }
  }

  private async run(
    { schema, document }: Operation,
    request: OperationRequest,
    context: RequestContext,
    rootValue?: unknown,
  ): Promise<Result> {
    const contextValue = createContext(this.api, context);
    const { variables: variableValues, operationName } = request;
    return this.result(await execute({ schema, document, variableValues, operationName, contextValue, rootValue }));
  }

  /** With a context of its own: relations of an event are of its own time, not of the subscription's beginning. */
  private runEvent(operation: Operation, { request, context, rootValue }: EventArguments): Promise<Result> {
    return this.run(operation, request, context, rootValue);
  }

  private notSubscription(request: OperationRequest): Operation {
    const operation = this.operation(request);
    if (operation.node.operation === 'subscription')
      throw badRequest('a subscription needs a connection that stays: use a WebSocket or text/event-stream');
    return operation;
  }

  private operation({ query, variables, operationName }: OperationRequest): Operation {
    if (typeof query !== 'string') throw badRequest('no query');
    if (typeof (variables ?? {}) !== 'object' || Array.isArray(variables))
      throw badRequest('variables must be an object');
    const document = this.document(query);
    if (!document.node) throw new RefusedDocument(document.errors);
    const operation = document.operation(operationName);
    if (!operation)
      throw badRequest(
        operationName
          ? `no operation ${JSON.stringify(operationName)}`
          : 'operationName must say which operation to run',
      );
    const cost = operation.cost(variables ?? {});
    if (cost > this.limits.cost)
      throw badRequest(
        `the operation may produce ${cost} fields, the limit is ${this.limits.cost}: ask for less or set first`,
      );
    return operation;
  }

  private document(query: string): Document {
    const generic = INTROSPECTION.test(query) ? undefined : this.generic.of(query);
    return generic?.node ? generic : this.typed().of(query);
  }

  private typed(): Documents {
    const { generation } = this.api.registry;
    if (this.current?.generation !== generation)
      this.current = { generation, documents: new Documents(buildSchema(this.api.registry), this.limits) };
    return this.current.documents;
  }

  private result({ data, errors }: ExecutionResult): Result {
    return {
      ...(data !== undefined && { data }),
      ...(errors && { errors: errors.map((error) => formatError(error, this.report)) }),
    };
  }
}

interface EventArguments {
  rootValue: unknown;
  request: OperationRequest;
  context: RequestContext;
}
/** How a subscription's results are given out: as objects or as text. */
interface Form<T> {
  result(result: Result): T;
  event(operation: Operation, args: EventArguments): Promise<T>;
}

class RefusedDocument extends Error {
  constructor(readonly errors: readonly GraphQLError[]) {
    super('invalid document');
  }
}

/** An iterator of one value. */
export async function* once<T>(value: T): AsyncGenerator<T> {
  yield await Promise.resolve(value);
}

/** Each event executed in turn; an error of the source is the last result. */
function mapped<T>(
  events: AsyncIterator<unknown>,
  each: (event: unknown) => Promise<T>,
  refused: (error: unknown) => T,
): AsyncIterator<T> {
  let over = false;
  const end: IteratorResult<T> = { done: true, value: undefined };
  return {
    async next() {
      if (over) return end;
      try {
        const event = await events.next();
        return event.done ? end : { done: false, value: await each(event.value) };
      } catch (error) {
        over = true;
        return { done: false, value: refused(error) };
      }
    },
    async return() {
      over = true;
      await events.return?.();
      return end;
    },
  };
}

/** A subscription that starts at its first `next()`. `return()` ends it also while it starts. */
class Subscription<T> implements AsyncIterableIterator<T> {
  private started: Promise<AsyncIterator<T>> | undefined;
  private over = false;

  constructor(private readonly start: () => Promise<AsyncIterator<T>>) {}

  async next(): Promise<IteratorResult<T>> {
    if (this.over) return { done: true, value: undefined };
    this.started ??= this.start();
    return (await this.started).next();
  }
  async return(): Promise<IteratorResult<T>> {
    this.over = true;
    await (await this.started)?.return?.();
    return { done: true, value: undefined };
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
}
