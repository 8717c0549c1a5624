import { createHash } from 'node:crypto';
import {
  Kind,
  createSourceEventStream,
  defaultFieldResolver,
  execute,
  getVariableValues,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql';
import { stringifyExact } from '../go/json-numbers.ts';
import type { Api, Attributes, RequestContext } from '../api/contract.ts';
import type { Dialer } from '../api/streams/dialer.ts';
import { OpenStreams } from '../api/streams/open-streams.ts';
import { withChangeSet } from '../api/history/change-set.ts';
import { badRequest } from '../meta/status.ts';
import { Budget, DEFAULT_BUDGET, NO_BUDGET } from './budget.ts';
import { counted, createContext, type OperationContext, type Subscribing } from './context.ts';
import { requireDiscovery } from './discovery.ts';
import type { Operation } from './schema/operation.ts';
import { SchemaAnswers, withoutIntrospection } from './schema/schema-answers.ts';
import { formatError } from './errors.ts';
import { JsonWriter, type JsonText } from './json-text.ts';
import type { Limits } from './limits.ts';
import { writeLongJson } from './long-json.ts';
import { Operations, RefusedDocument, tellsOfSchema, type Asked, type OperationRequest } from './schema/operations.ts';
import { isLiveEvent, isLong, type Render } from './live/live-event.ts';
import { LiveViews } from './live/live-views.ts';
import { resumeOf } from './live/resume-variable.ts';
import { SharedSubscriptions } from './live/shared-subscriptions.ts';
import type { Subscriber } from './live/subscriber.ts';
import { Warnings } from './warnings.ts';

/** Characters from which on the key of a shared subscription is its digest. */
const LONG_KEY = 4096;

/** Commands that run in containers at once (`execPod`). */
const COMMANDS = { perUser: 8, inAll: 64 };

/** Runs operations, whose results are the text of their JSON: compiled, as far as the document can be, or by graphql-js. */
export class Engine {
  readonly commands = new OpenStreams(COMMANDS.perUser, COMMANDS.inAll, 'commands');
  private readonly operations: Operations;
  private readonly answers = new SchemaAnswers(() => this.operations.schema.complete());
  private readonly schemas = new SchemaNumbers();
  private readonly views: LiveViews;
  private readonly subscriptions = new SharedSubscriptions((error) => this.refused(error));

  constructor(
    readonly api: Api,
    readonly dialer: Dialer | undefined,
    limits: Limits,
    private readonly report: (error: unknown) => void,
  ) {
    this.operations = new Operations(api, limits, (definition, fault) => api.noteDefinition(definition, fault));
    this.views = new LiveViews(api);
  }

  /** Looks at custom kinds that come, until the returned function is called. */
  start(): () => void {
    return this.operations.schema.start(this.report);
  }

  /** Makes what the schema always has, in slices. */
  prepare(): void {
    this.operations.schema.prepare(this.report);
  }

  /** The whole schema, made at once. */
  get schema(): GraphQLSchema {
    return this.operations.schema.completeNow();
  }

  knows(query: string): boolean {
    return this.operations.knows(query);
  }

  /** Finds the operation, once for all that is then done with it. */
  ask<R extends OperationRequest>(request: R): Asked<R> {
    return this.operations.ask(request);
  }

  /** A query or mutation, within a budget if it comes from outside. The request's variables become the server's own. */
  async execute(asked: Asked, context: RequestContext, budget = new Budget(NO_BUDGET)): Promise<JsonText> {
    try {
      const { operation, request, refusal } = asked;
      if (tellsOfSchema(asked)) requireDiscovery(this.api, context);
      if (!operation) throw refusal;
      if (operation.node.operation === 'subscription')
        throw badRequest('a subscription needs a connection that stays: use a WebSocket or text/event-stream');
      const format = (error: GraphQLError): GraphQLFormattedError => formatError(error, this.report);
      const caller = writesSeveral(operation) ? withChangeSet(context) : context;
      const own = createContext(this, caller, budget, true);
      const text = await operation.compiled?.run(request.variables ?? {}, own, format);
      if (text !== undefined) return text;
      const run = operation.introspects ? this.introspect.bind(this) : this.run.bind(this);
      return await this.text(await run(operation, request, caller, budget), budget);
    } catch (error) {
      return this.refused(error);
    }
  }

  /** Joins the subscription of the same document, variables and identity, or begins it; reads by its own right and credential. */
  subscribe(asked: Asked, context: RequestContext): Subscriber {
    const { operation, request } = asked;
    const { user, agent, impersonator, origin } = context;
    const { query, operationName } = request;
    const { resume, variables } = resumeOf(operation, request.variables);
    const { api } = this;
    const rights = JSON.stringify([
      [user.name, user.uid, user.groups, user.extra],
      api.rightsVersion(user),
      api.registry.generation,
    ]);
    const whole = stringifyExact([
      query,
      operationName,
      variables,
      operation && this.schemas.of(operation.schema),
      rights,
    ]);
    // a long one is not kept
    const key = whole.length > LONG_KEY ? createHash('sha256').update(whole).digest('base64') : whole;
    const named = { variables, operationName };
    // Neither the first one's connection nor its credential: others stay when it goes.
    const own: RequestContext = { user, agent, impersonator, origin, facade: 'graphql', warn: () => undefined };
    const render: Subscribing['render'] = (event, its) => this.payload(operation!, named, own, event, its);
    let begins = false;
    return this.subscriptions.join(
      key,
      (event) => this.payload(operation!, named, own, event),
      (rights, onLost) => {
        const letGo = this.api.hold(context, rights, onLost);
        return this.recorded(context, begins ? rights.filter(({ verb }) => verb === 'watch') : rights, letGo);
      },
      (subscription) => {
        begins = true;
        const { views } = this;
        void this.begin(
          { subscription, views, rights, render },
          { ...asked, request: { ...request, variables } } as Asked,
          own,
        );
      },
      resume,
    );
  }

  /**
   * Each reader is recorded as if what it reads were its own: of watches, which are recorded in no other way, also the one
   * who began, and of all else who joins. Who watches is told the state too, which is no list of its own.
   */
  private recorded(context: RequestContext, rights: readonly Attributes[], letGo: () => void): () => void {
    const watches = rights.some(({ verb }) => verb === 'watch');
    const reads = rights.filter(({ verb }) => !watches || verb !== 'list');
    const ends = reads.map((right) => this.api.recordWatch(context, right));
    return () => {
      letGo();
      for (const end of ends) end();
    };
  }

  /** What is thrown before or while an operation starts, as its errors. */
  errorsOf(error: unknown): readonly GraphQLFormattedError[] {
    return (error instanceof RefusedDocument ? error.errors : [error]).map((each) => formatError(each, this.report));
  }

  /** The same as its result. */
  refused(error: unknown): JsonText {
    return JSON.stringify({ errors: this.errorsOf(error) });
  }

  private async begin(subscribing: Subscribing, asked: Asked, context: RequestContext): Promise<void> {
    const { operation, request } = asked;
    const { subscription } = subscribing;
    if (operation?.node.operation !== 'subscription') return subscription.finish(await this.execute(asked, context));
    try {
      const source: AsyncIterable<unknown> | ExecutionResult = await createSourceEventStream({
        schema: operation.schema,
        document: operation.document,
        variableValues: request.variables,
        operationName: request.operationName,
        contextValue: { ...createContext(this, context, new Budget(DEFAULT_BUDGET)), subscribing },
      });
      // Otherwise it is the subscription itself, to which its field's watch has begun to give events.
      if (!(Symbol.asyncIterator in source)) subscription.finish(await this.text(source, new Budget(DEFAULT_BUDGET)));
    } catch (error) {
      subscription.end(error);
    }
  }

  /** What an event is to those who read it; undefined: nothing. */
  private payload(
    operation: Operation,
    request: Pick<OperationRequest, 'variables' | 'operationName'>,
    context: RequestContext,
    event: object,
    within?: OperationContext,
  ): ReturnType<Render> {
    if (isLiveEvent(event))
      return event.render((payload, its) => this.payload(operation, request, context, payload, its));
    const { compiled } = operation;
    if (compiled && !compiled.leads && !isLong(event)) {
      const text = compiled.event(event);
      if (text !== undefined) return text;
    }
    // relations of an event are of its own time, not of the subscription's beginning
    const own = within ?? createContext(this, context, new Budget(DEFAULT_BUDGET));
    const warnings = new Warnings();
    const warned = { ...own, request: { ...own.request, warn: warnings.add } };
    const text = this.eventText(operation, request, warned, event).then((made) => warnings.on(made));
    return within ? text : text.catch((error: unknown) => this.refused(error));
  }

  /** Throws what ends an operation. */
  private async eventText(
    operation: Operation,
    { variables, operationName }: Pick<OperationRequest, 'variables' | 'operationName'>,
    context: OperationContext,
    event: object,
  ): Promise<JsonText> {
    const { compiled } = operation;
    const format = (error: GraphQLError): GraphQLFormattedError => formatError(error, this.report);
    if (compiled && (compiled.leads || isLong(event))) {
      // what is an object's own is bounded by what may be looked at
      const own = compiled.leads ? context : createContext(this, context.request, new Budget(NO_BUDGET));
      const text = await compiled.longEvent(event, variables ?? {}, own, format);
      if (text !== undefined) return text;
    }
    return this.text(await this.runWithin(context, operation, { variables, operationName }, event), context.budget);
  }

  private run(
    operation: Pick<Operation, 'schema' | 'document'>,
    request: Pick<OperationRequest, 'variables' | 'operationName'>,
    context: RequestContext,
    budget: Budget,
  ): Promise<ExecutionResult> {
    return this.runWithin(createContext(this, context, budget), operation, request);
  }

  /** By graphql-js. What still runs when the budget is spent is left to itself: nothing of it goes on. */
  private async runWithin(
    contextValue: OperationContext,
    { schema, document }: Pick<Operation, 'schema' | 'document'>,
    { variables: variableValues, operationName }: Pick<OperationRequest, 'variables' | 'operationName'>,
    rootValue?: unknown,
  ): Promise<ExecutionResult> {
    const running = execute({
      schema,
      document,
      variableValues,
      operationName,
      contextValue,
      rootValue,
      fieldResolver,
    });
    return Promise.race([running, contextValue.budget.exceeded]);
  }

  /** What an operation asks of the schema, and, by graphql-js, what else it asks for. */
  private async introspect(
    operation: Operation,
    request: OperationRequest,
    context: RequestContext,
    budget: Budget,
  ): Promise<ExecutionResult> {
    const { schema, document, node } = operation;
    const { coerced, errors } = getVariableValues(schema, node.variableDefinitions ?? [], request.variables ?? {}, {
      maxErrors: 50,
    });
    if (errors) return { errors };
    const answer = await Promise.race([this.answers.of(operation, coerced, budget), budget.exceeded]);
    const asksElse = [...answer.values()].includes(undefined);
    const rest: ExecutionResult = asksElse
      ? await this.run({ schema, document: withoutIntrospection(document) }, request, context, budget)
      : { data: {} };
    const { data } = rest;
    if (!data) return rest;
    return { ...rest, data: Object.fromEntries([...answer].map(([as, value]) => [as, value ?? data[as]])) };
  }

  private async text({ data, errors }: ExecutionResult, budget: Budget): Promise<JsonText> {
    const out = new JsonWriter();
    const result = {
      ...(data !== undefined && { data }),
      ...(errors && { errors: errors.map((error) => formatError(error, this.report)) }),
    };
    await writeLongJson(result, out, budget);
    return out.end();
  }
}

/** Whether it may have several fields at its root that write: then history tells them as one. */
const writesSeveral = ({ node }: Operation): boolean =>
  node.operation === 'mutation' &&
  (node.selectionSet.selections.length > 1 || node.selectionSet.selections[0]?.kind !== Kind.FIELD);

const fieldResolver: GraphQLFieldResolver<unknown, OperationContext> = (source, args, context, info) =>
  counted(defaultFieldResolver(source, args, context, info), context, info);

/** Tells one schema from another for as long as it is used. */
class SchemaNumbers {
  private readonly numbers = new WeakMap<GraphQLSchema, number>();
  private last = 0;

  of(schema: GraphQLSchema): number {
    let number = this.numbers.get(schema);
    if (number === undefined) this.numbers.set(schema, (number = ++this.last));
    return number;
  }
}
