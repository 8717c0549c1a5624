import type { LogsApi } from '../../api/contract.ts';
import type { LogEntry, LogFilter, LogKind, LogPage, LogSink, SentBatch } from '../../api/logs/contract.ts';
import { durationError, parseDuration } from '../../go/duration.ts';
import { badRequest, internalError, serviceUnavailable } from '../../meta/status.ts';
import { timeMicroseconds } from '../../meta/time.ts';
import { systemClock } from '../../rules/clock.ts';
import type { Builder } from '../builder.ts';
import { counted, type OperationContext } from '../context.ts';
import type { Subscription } from '../live/subscription.ts';

const KINDS: Readonly<Record<'CONTAINER' | 'EVENT' | 'AUDIT', { value: LogKind; description: string }>> = {
  CONTAINER: { value: 'container', description: 'what a container has written' },
  EVENT: { value: 'event', description: 'an event of the cluster' },
  AUDIT: { value: 'audit', description: 'an event of the audit' },
};
const STREAMS = {
  STDOUT: { value: 'stdout', description: 'the standard output' },
  STDERR: { value: 'stderr', description: 'the standard error' },
} as const;

/** `logs(…)` and `logsLive(…)`: lines that are kept, of whatever pod; `writeLogs(…)`, by which agents of nodes bring them. */
export function addKeptLogs(builder: Builder): void {
  const kind = kindEnum(builder);
  const entry = entryType(builder, kind);
  const where = filterInput(builder, kind);
  const page = builder.objectRef<LogPage>('LogPage').implement({
    description: 'A page of lines.',
    fields: (t) => ({
      entries: t.field({
        type: [entry],
        description: 'newest first',
        resolve: ({ entries }, _, context, info) => counted(entries, context, info) as LogEntry[],
      }),
      continue: t.string({
        nullable: true,
        description: 'for `after`; a page that is not full may have it, where much had to be looked through',
        resolve: ({ cursor }) => cursor ?? null,
      }),
    }),
  });
  builder.queryFields((t) => ({
    logs: t.field({
      type: page,
      description:
        'Lines of containers and events that are kept, also of pods that are gone, newest first: those of pods whose pods/log you may get, and of namespaces whose events you may list. The rest is left out.',
      args: {
        where: t.arg({ type: where, description: 'which lines; all when not said' }),
        first: t.arg.int({ description: 'at most 1000, 100 when not said' }),
        after: t.arg.string({ description: '`continue` of the page before' }),
      },
      resolve: (_, args, context) =>
        logsOf(context).search(context.request, filterOf(args.where), {
          first: args.first ?? undefined,
          after: args.after ?? undefined,
        }),
    }),
  }));
  builder.subscriptionFields((t) => ({
    logsLive: t.field({
      type: [entry],
      description: 'The same as they come, from now on, some lines a payload.',
      args: { where: t.arg({ type: where, description: 'which lines; all when not said' }) },
      subscribe: (_, args, context): Promise<AsyncIterable<unknown>> => follow(context, filterOf(args.where)),
      resolve: (value) => value as LogEntry[],
    }),
  }));
  builder.mutationFields((t) => ({
    writeLogs: t.field({
      type: 'JSON',
      description:
        'For agents of nodes: what containers have written since the position `from`, all of it or nothing. Answers `{written, positions}`.',
      args: {
        node: t.arg.string({ required: true, description: 'whose agent it is' }),
        batches: t.arg({
          type: 'JSON',
          required: true,
          description: '`[{namespace, pod, uid, container, attempt, from, until, lines: [[µs, "o" or "e", text]]}]`',
        }),
      },
      resolve: (_, { node, batches }, context) =>
        logsOf(context).write(context.request, node, batches as readonly SentBatch[]),
    }),
  }));
}

const kindEnum = (builder: Builder) =>
  builder.enumType('LogKind', { description: 'Where a line comes from.', values: KINDS });
const entryType = (builder: Builder, kind: ReturnType<typeof kindEnum>) =>
  builder.objectRef<LogEntry>('LogEntry').implement({
    description: 'A line that is kept.',
    fields: (t) => ({
      time: t.string({ description: 'RFC 3339, to the microsecond', resolve: ({ at }) => timeText(at) }),
      kind: t.expose('kind', { type: kind, description: 'where it comes from' }),
      namespace: t.string({
        nullable: true,
        description: 'of the pod, or of what the event is of',
        resolve: ({ namespace }) => namespace || null,
      }),
      pod: t.string({ nullable: true, description: 'its name', resolve: (line) => line.pod || null }),
      podUid: t.string({ nullable: true, description: 'its uid', resolve: ({ uid }) => uid || null }),
      container: t.string({ nullable: true, description: 'its name', resolve: (line) => line.container || null }),
      restart: t.exposeInt('attempt', { description: 'how many times the container had been restarted' }),
      node: t.string({ nullable: true, description: 'where the pod was', resolve: ({ node }) => node || null }),
      stream: t.exposeString('stream', { description: 'stdout or stderr' }),
      text: t.exposeString('text', { description: 'the line' }),
      fields: t.field({
        type: 'JSON',
        nullable: true,
        description: 'the line, where it is a JSON object',
        resolve: (line) => line.fields ?? null,
      }),
    }),
  });

const filterInput = (builder: Builder, kind: ReturnType<typeof kindEnum>) => {
  const stream = builder.enumType('LogStream', {
    description: 'Where a container has written a line.',
    values: STREAMS,
  });
  const field = builder.inputType('LogFieldTest', {
    description: 'Of lines that are JSON objects. All that is said must hold.',
    fields: (t) => ({
      field: t.string({ required: true, description: 'with dots between names: `error.code`' }),
      eq: t.field({ type: 'JSON', description: 'has this value' }),
      ne: t.field({ type: 'JSON', description: 'has the field, with another value' }),
      in: t.field({ type: ['JSON'], description: 'has one of these values' }),
      gt: t.float({ description: 'a number that is greater' }),
      gte: t.float({ description: 'a number that is not less' }),
      lt: t.float({ description: 'a number that is less' }),
      lte: t.float({ description: 'a number that is not greater' }),
      exists: t.boolean({ description: 'whether the line has the field' }),
    }),
  });
  return builder.inputType('LogWhere', {
    description: 'Which lines. All that is said must hold.',
    fields: (t) => ({
      kinds: t.field({
        type: [kind],
        description: 'containers and events when not said; the audit is for who may get the path /logs/audit',
      }),
      namespaces: t.stringList({ description: 'one of these' }),
      pods: t.stringList({ description: 'one of these, by name' }),
      containers: t.stringList({ description: 'one of these, by name' }),
      nodes: t.stringList({ description: 'one of these' }),
      stream: t.field({ type: stream, description: 'this one only' }),
      since: t.string({ description: 'a duration (`5m`), or an RFC 3339 time' }),
      until: t.string({ description: 'the same: before this' }),
      text: t.string({ description: 'whole words, all of them, whatever their case' }),
      contains: t.string({ description: 'a part of the line, as it stands there' }),
      fields: t.field({ type: [field], description: 'of lines that are JSON objects' }),
    }),
  });
};

type Where = ReturnType<typeof filterInput>['$inferInput'];

/** GraphQL's null is nothing said. Throws 400. */
function filterOf(where: Where | null | undefined): LogFilter {
  const { kinds, namespaces, pods, containers, nodes, stream, since, until, text, contains, fields } = where ?? {};
  return {
    kinds: kinds ?? undefined,
    namespaces: namespaces ?? undefined,
    pods: pods ?? undefined,
    containers: containers ?? undefined,
    nodes: nodes ?? undefined,
    stream: stream ?? undefined,
    since: microseconds('since', since),
    until: microseconds('until', until),
    text: text ?? undefined,
    contains: contains ?? undefined,
    fields: fields?.map((test) => ({
      field: test.field,
      eq: test.eq,
      ne: test.ne,
      in: test.in ?? undefined,
      gt: test.gt ?? undefined,
      gte: test.gte ?? undefined,
      lt: test.lt ?? undefined,
      lte: test.lte ?? undefined,
      exists: test.exists ?? undefined,
    })),
  };
}

function microseconds(name: string, text: string | null | undefined): number | undefined {
  if (text === null || text === undefined) return undefined;
  const time = timeMicroseconds(text);
  if (time !== undefined) return time;
  const ms = parseDuration(text);
  if (ms === undefined) throw badRequest(`${name}: neither a time nor a duration: ${durationError(text)}`);
  return Math.floor(systemClock.now() - ms) * 1000;
}

const timeText = (at: number): string =>
  `${new Date(Math.floor(at / 1000)).toISOString().slice(0, -1)}${String(at % 1000).padStart(3, '0')}Z`;

function logsOf({ api }: OperationContext): LogsApi {
  if (!api.logs) throw serviceUnavailable('lines are not kept here: start with --addons logs');
  return api.logs;
}

/** Who reads too slowly is told how much was left out, and goes on. */
async function follow(context: OperationContext, filter: LogFilter): Promise<Subscription> {
  const { subscribing, request } = context;
  if (!subscribing) throw internalError('logs are followed outside of a subscription');
  const { subscription } = subscribing;
  let left = 0;
  const sink: LogSink = {
    get full() {
      return subscription.full;
    },
    onEntries(entries) {
      const told = left ? [leftOut(left), ...entries] : entries;
      left = 0;
      subscription.push(
        [told],
        told.reduce((sum, { text }) => sum + text.length + 200, 0),
      );
    },
    onLeftOut: (lines) => void (left += lines),
    onEnd: (error) => subscription.end(error),
  };
  subscription.openedBy([]);
  // who has left meanwhile ends it at once
  subscription.closing(await logsOf(context).follow(request, filter, sink));
  return subscription;
}

const leftOut = (lines: number): LogEntry => ({
  kind: 'container',
  node: '',
  namespace: '',
  pod: '',
  uid: '',
  container: '',
  attempt: 0,
  at: systemClock.now() * 1000,
  stream: 'stderr',
  text: `… ${lines} lines or more were left out: more came than could be told`,
  fields: undefined,
});
