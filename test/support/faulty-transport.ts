import type { GraphQLRequest, GraphQLResult, Transport } from '../../src/client/contract.ts';
import { CREATE, DELETE, GET, LIST, PATCH, UPDATE, WATCH } from '../../src/client/documents.ts';
import type { Executor } from '../../src/client/transports/executor.ts';
import { Channel } from '../../src/meta/channel.ts';
import { internalError, serviceUnavailable, type StatusError } from '../../src/meta/status.ts';

const VERBS = new Map([
  [GET, 'get'],
  [LIST, 'list'],
  [CREATE, 'create'],
  [UPDATE, 'update'],
  [PATCH, 'patch'],
  [DELETE, 'delete'],
  [WATCH, 'watch'],
]);
const WRITES = new Set(['create', 'update', 'patch', 'delete']);
export const isWrite = ({ verb }: Call): boolean => WRITES.has(verb);

/** One operation of a client; `query` is any document of its own. */
export interface Call {
  verb: string;
  /** `pods`, `pods/status`; '' for a query */
  resource: string;
  namespace: string;
  name: string;
  variables: Record<string, unknown>;
}

/** `create pods a/web-x2x9q` */
export const lineOf = ({ verb, resource, namespace, name }: Call): string => `${verb} ${resource} ${namespace}/${name}`;

/**
 * One process's connection to an API in this process. What goes through it is JSON, as between threads, and what can
 * happen to a connection happens on demand: a call that is refused, one whose answer gets lost, watches that break off,
 * and an end after so many writes. Writes reach the API one after the other, so that the nth is always the same one.
 */
export class FaultyTransport implements Transport {
  /** the writes that the API has carried out, as `lineOf` them */
  readonly writes: string[] = [];
  /** calls under way, and a count of all that has happened: when neither changes, nothing goes on here */
  pending = 0;
  activity = 0;
  /** throws what a call is answered instead of reaching the API */
  before: (call: Call) => void = () => undefined;
  /** called when the API has done it; throws what is answered instead */
  after: (call: Call) => void = () => undefined;
  private lost = false;
  private last: Promise<unknown> = Promise.resolve();
  private readonly watches = new Set<Channel<GraphQLResult>>();

  constructor(private readonly executor: Executor) {}

  /** watches that are open */
  get watching(): number {
    return this.watches.size;
  }

  /** whether it was cut for good */
  get closed(): boolean {
    return this.lost;
  }

  async execute(request: GraphQLRequest): Promise<GraphQLResult> {
    const call = callOf(request);
    if (!isWrite(call)) return this.run(request, call);
    const turn = this.last.then(() => this.run(request, call));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private async run(request: GraphQLRequest, call: Call): Promise<GraphQLResult> {
    this.pending++;
    this.activity++;
    try {
      if (this.lost) throw unreachable();
      this.before(call);
      const result = JSON.parse(String(await this.executor.execute(copyOf(request)))) as GraphQLResult;
      if (isWrite(call) && !result.errors) this.writes.push(lineOf(named(call, result)));
      this.after(call);
      if (this.lost) throw unreachable();
      return result;
    } finally {
      this.pending--;
      this.activity++;
    }
  }

  subscribe(request: GraphQLRequest): AsyncIterableIterator<GraphQLResult> {
    const watch = new Channel<GraphQLResult>(10_000, () => internalError('nobody reads the watch'));
    try {
      if (this.lost) throw unreachable();
      this.before(callOf(request));
      void this.pump(this.executor.subscribe(copyOf(request)), watch);
    } catch (error) {
      watch.end(error);
    }
    return watch;
  }

  private async pump(results: ReturnType<Executor['subscribe']>, watch: Channel<GraphQLResult>): Promise<void> {
    this.watches.add(watch);
    watch.closing(() => void results.return?.());
    try {
      for await (const text of results) {
        this.activity++;
        if (!watch.push(JSON.parse(String(text)) as GraphQLResult)) break;
      }
      watch.end();
    } catch (error) {
      watch.end(error);
    } finally {
      this.watches.delete(watch);
      await results.return?.();
    }
  }

  /** Breaks all watches off, as a lost connection does; calls and new watches go on. */
  breakWatches(error: StatusError = unreachable()): void {
    for (const watch of this.watches) watch.end(error);
    this.watches.clear();
  }

  /** From now on nothing reaches the API, and no answer or event comes from it. */
  cut(): void {
    this.lost = true;
    this.breakWatches();
  }

  close(): Promise<void> {
    this.cut();
    return Promise.resolve();
  }
}

const unreachable = (): StatusError => serviceUnavailable('the connection to the API is lost');

const copyOf = (request: GraphQLRequest): GraphQLRequest => JSON.parse(JSON.stringify(request)) as GraphQLRequest;

function callOf({ query, variables = {} }: GraphQLRequest): Call {
  const {
    resource = '',
    subresource,
    namespace,
    name,
    object,
  } = variables as Record<string, string | undefined> & {
    object?: unknown;
  };
  const { metadata } = (object ?? {}) as { metadata?: { name?: string } };
  return {
    verb: VERBS.get(query) ?? 'query',
    resource: subresource ? `${resource}/${subresource}` : resource,
    namespace: namespace ?? '',
    name: name ?? metadata?.name ?? '',
    variables,
  };
}

/** With the name that the API has drawn. */
function named(call: Call, { data }: GraphQLResult): Call {
  const created = data?.['createObject'] as { metadata?: { name?: string } } | undefined;
  return call.name ? call : { ...call, name: created?.metadata?.name ?? '' };
}

/** A fault that strikes the calls from the `first`th to the `last`th that `matches`. */
export function nth(
  first: number,
  matches: (call: Call) => boolean,
  error: () => Error,
  last = first,
): (call: Call) => void {
  let count = 0;
  return (call) => {
    if (!matches(call)) return;
    count++;
    if (count >= first && count <= last) throw error();
  };
}
