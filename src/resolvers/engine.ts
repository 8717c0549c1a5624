import {
  GraphQLError,
  createSourceEventStream,
  execute,
  getOperationAST,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type ExecutionResult,
  type FormattedExecutionResult,
  type GraphQLFormattedError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Api, RequestContext } from '../api/contract.ts';
import { badRequest } from '../meta/status.ts';
import { createContext } from './context.ts';
import { formatError } from './errors.ts';
import { genericSchema } from './generic.ts';
import { costOf, limitsRule, type Limits } from './limits.ts';
import { buildSchema } from './schema.ts';
import { SharedSubscriptions } from './shared-subscriptions.ts';

export interface OperationRequest {
  query: string;
  variables?: Record<string, unknown> | null;
  operationName?: string | null;
}
export type Result = FormattedExecutionResult<Record<string, unknown>>;

/** A document that was parsed and validated against one schema, or what is wrong with it. */
interface Prepared {
  schema: GraphQLSchema;
  document?: DocumentNode;
  errors?: readonly GraphQLError[];
}
interface Documents {
  schema: GraphQLSchema;
  documents: LRUCache<string, Prepared>;
}

/** Asks for the schema itself, which must be the whole one. */
const INTROSPECTION = /__(schema|type)\b/;
/** Documents kept as parsed and validated, per schema. */
const MAX_DOCUMENTS = 1000;

/**
 * Runs operations on the schema of the kinds that are served now. When the kinds change, the next operation gets a new
 * schema; what runs ends on the old one.
 */
export class Engine {
  private current: (Documents & { generation: number }) | undefined;
  /**
   * What asks for no typed kind (all that the loops send) runs on the part of the schema that no kind changes: a new
   * custom resource then costs them no new schema.
   */
  private readonly generic: Documents;
  private readonly subscriptions = new SharedSubscriptions<Result>();

  constructor(
    private readonly api: Api,
    private readonly limits: Limits,
    private readonly report: (error: unknown) => void,
  ) {
    this.generic = { schema: genericSchema(), documents: new LRUCache({ max: MAX_DOCUMENTS }) };
  }

  get schema(): GraphQLSchema {
    return this.now().schema;
  }

  async execute(request: OperationRequest, context: RequestContext): Promise<Result> {
    try {
      const { schema, document, operation } = this.operation(request);
      if (operation.operation === 'subscription')
        throw badRequest('a subscription needs a connection that stays: use a WebSocket or text/event-stream');
      return this.result(
        await execute({
          schema,
          document,
          variableValues: request.variables,
          operationName: request.operationName,
          contextValue: createContext(this.api, context),
        }),
      );
    } catch (error) {
      return this.refusal(error);
    }
  }

  /** Errors are results, the last ones; the iterator itself throws only when its reader was cut for being slow. */
  subscribe(request: OperationRequest, context: RequestContext): AsyncIterableIterator<Result> {
    const { user } = context;
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
    const shared: RequestContext = { user, agent: context.agent, impersonator: context.impersonator, warn: () => undefined };
    return this.subscriptions.join(key, () => new Subscription(() => this.start(request, shared)));
  }

  /** 'query', 'mutation' or 'subscription'; undefined where the document is not valid. */
  operationType(request: OperationRequest): OperationDefinitionNode['operation'] | undefined {
    const { document } = this.prepare(request.query);
    return document && getOperationAST(document, request.operationName)?.operation;
  }

  /** The parsed document, or what is wrong with it; for transports that tell the two apart before they run it. */
  check(request: OperationRequest): { schema: GraphQLSchema; document: DocumentNode } | { errors: readonly GraphQLFormattedError[] } {
    try {
      const { schema, document } = this.operation(request);
      return { schema, document };
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
  /** The same for a subscription. */
  refused(error: unknown): AsyncIterableIterator<Result> {
    return once(this.refusal(error));
  }

  private async start(request: OperationRequest, requestContext: RequestContext): Promise<AsyncIterator<Result>> {
    try {
      const { schema, document, operation } = this.operation(request);
      const contextValue = createContext(this.api, requestContext);
      if (operation.operation !== 'subscription') return once(await this.execute(request, requestContext));
      const args = { schema, document, variableValues: request.variables, operationName: request.operationName };
      const source = await createSourceEventStream({ ...args, contextValue });
      if (!(Symbol.asyncIterator in source)) return once(this.result(source));
      const events = source[Symbol.asyncIterator]();
      // A context for each event: relations of an event are of its own time, not of the subscription's beginning.
      const each = async (rootValue: unknown): Promise<Result> =>
        this.result(await execute({ ...args, rootValue, contextValue: createContext(this.api, requestContext) }));
      return mapped(events, each, (error) => this.refusal(error));
    } catch (error) {
      return once(this.refusal(error));
    }
  }

  private operation(request: OperationRequest): {
    schema: GraphQLSchema;
    document: DocumentNode;
    operation: OperationDefinitionNode;
  } {
    if (typeof request.query !== 'string') throw badRequest('no query');
    const { schema, document, errors } = this.prepare(request.query);
    if (!document) throw new RefusedDocument(errors!);
    const operation = getOperationAST(document, request.operationName);
    if (!operation)
      throw badRequest(
        request.operationName
          ? `no operation ${JSON.stringify(request.operationName)}`
          : 'operationName must say which operation to run',
      );
    const cost = costOf(schema, document, operation, request.variables ?? {});
    if (cost > this.limits.cost)
      throw badRequest(
        `the operation may produce ${cost} fields, the limit is ${this.limits.cost}: ask for less or set first`,
      );
    return { schema, document, operation };
  }

  private prepare(query: string): Prepared {
    const generic = INTROSPECTION.test(query) ? undefined : this.prepareOn(this.generic, query);
    return generic?.document ? generic : this.prepareOn(this.now(), query);
  }

  private prepareOn({ schema, documents }: Documents, query: string): Prepared {
    let prepared = documents.get(query);
    if (!prepared) documents.set(query, (prepared = this.parse(schema, query)));
    return prepared;
  }

  private parse(schema: GraphQLSchema, query: string): Prepared {
    try {
      const document = parse(query, { maxTokens: this.limits.tokens });
      const rules = [...specifiedRules, limitsRule(this.limits)];
      const errors = validate(schema, document, rules, { maxErrors: 20 });
      return errors.length ? { schema, errors } : { schema, document };
    } catch (error) {
      if (error instanceof GraphQLError) return { schema, errors: [error] };
      throw error;
    }
  }

  private now(): NonNullable<Engine['current']> {
    const { generation } = this.api.registry;
    if (this.current?.generation !== generation) {
      this.current = {
        generation,
        schema: buildSchema(this.api.registry),
        documents: new LRUCache({ max: MAX_DOCUMENTS }),
      };
    }
    return this.current;
  }

  private result({ data, errors }: ExecutionResult): Result {
    return {
      ...(data !== undefined && { data }),
      ...(errors && { errors: errors.map((error) => formatError(error, this.report)) }),
    };
  }
}

class RefusedDocument extends Error {
  constructor(readonly errors: readonly GraphQLError[]) {
    super('invalid document');
  }
}

async function* once(result: Result): AsyncGenerator<Result> {
  yield await Promise.resolve(result);
}

/** Each event executed in turn; an error of the source is the last result. */
function mapped(
  events: AsyncIterator<unknown>,
  each: (event: unknown) => Promise<Result>,
  refusal: (error: unknown) => Result,
): AsyncIterator<Result> {
  let over = false;
  const end: IteratorResult<Result> = { done: true, value: undefined };
  return {
    async next() {
      if (over) return end;
      try {
        const event = await events.next();
        return event.done ? end : { done: false, value: await each(event.value) };
      } catch (error) {
        over = true;
        return { done: false, value: refusal(error) };
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
class Subscription implements AsyncIterableIterator<Result> {
  private started: Promise<AsyncIterator<Result>> | undefined;
  private over = false;

  constructor(private readonly start: () => Promise<AsyncIterator<Result>>) {}

  async next(): Promise<IteratorResult<Result>> {
    if (this.over) return { done: true, value: undefined };
    this.started ??= this.start();
    return (await this.started).next();
  }
  async return(): Promise<IteratorResult<Result>> {
    this.over = true;
    await (await this.started)?.return?.();
    return { done: true, value: undefined };
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
}
