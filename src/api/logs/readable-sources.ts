import type { KnownSource, LogArchive, LogSource } from '../../store/logs/contract.ts';
import type { ResourceAttributes } from '../authorization/attributes.ts';
import { EVER, pastOf, type PastParts, type Since } from '../authorization/past.ts';
import type { Attributes, User } from '../contract.ts';
import { Slice } from '../fairness/turns.ts';
import type { LogFilter, LogKind } from './contract.ts';

/** Decisions between two looks at the clock. */
const LOOK_EVERY = 64;

/** By whom the audit may be read: a right on a path, as of what is no resource. */
export const AUDIT_RIGHT: Attributes = { verb: 'get', path: '/logs/audit' };

const podLog = (namespace: string, name: string): ResourceAttributes => ({
  verb: 'get',
  group: '',
  version: 'v1',
  resource: 'pods',
  subresource: 'log',
  namespace,
  name,
});
const events = (namespace: string): ResourceAttributes => ({
  verb: 'list',
  group: '',
  version: 'v1',
  resource: 'events',
  subresource: '',
  namespace,
  name: '',
});

/** A source, and how far back its lines may be read. */
export interface ReadableSource {
  source: KnownSource;
  /** µs since the epoch */
  from: number;
}

/** From when on (µs since the epoch) somebody may read the lines of a source; undefined: he may not. */
export type LineReader = (source: Pick<LogSource, 'kind' | 'namespace' | 'pod'>) => Promise<number | undefined>;

/**
 * Reads by the rights of now: `get pods/log` of a pod, whether it is still there or not; `list events`; the right to the
 * audit. Made for one question: it remembers what it has decided.
 */
export function lineReader(parts: PastParts, user: User): LineReader {
  const decided = new Map<string, Promise<Since | undefined>>();
  const once = (key: string, decide: () => Promise<Since | undefined>): Promise<Since | undefined> => {
    let since = decided.get(key);
    if (!since) decided.set(key, (since = decide()));
    return since;
  };
  const ofPod = (namespace: string, pod: string): Promise<Since | undefined> =>
    once(`p/${namespace}/${pod}`, () => pastOf(parts, user, podLog(namespace, pod)));
  return async ({ kind, namespace, pod }) => {
    const since =
      kind === 'audit'
        ? await once('audit', async () => (parts.authorizer.decide(user, AUDIT_RIGHT).allowed ? EVER : undefined))
        : kind === 'event'
          ? await once(`e/${namespace}`, () => pastOf(parts, user, events(namespace)))
          : // who may read all of a namespace may read each; a right may also be to some of its pods by name
            ((await ofPod(namespace, '')) ?? (await ofPod(namespace, pod)));
    return since && since.at * 1000;
  };
}

/** Kinds that a filter is about. */
export const kindsOf = ({ kinds, pods, containers, nodes, stream }: LogFilter): readonly LogKind[] =>
  kinds ?? (pods || containers || nodes || stream ? ['container'] : ['container', 'event']);

/**
 * The sources that a filter is about and that the user may read; undefined: all there are. What he may not read is left
 * out before anything is looked for, so that neither what is found nor how long it takes tells of it.
 */
export async function readableSources(
  archive: LogArchive,
  parts: PastParts,
  user: User,
  filter: LogFilter,
): Promise<Map<number, ReadableSource>> {
  const read = lineReader(parts, user);
  const { namespaces, pods, containers, nodes } = filter;
  const mayAudit = (await read({ kind: 'audit', namespace: '', pod: '' })) !== undefined;
  const kinds = kindsOf(filter).filter((kind) => kind !== 'audit' || mayAudit);
  const found = kinds.length
    ? await archive.sources({
        kinds,
        ...(namespaces && { namespaces }),
        ...(pods && { pods }),
        ...(containers && { containers }),
        ...(nodes && { nodes }),
      })
    : [];
  const readable = new Map<number, ReadableSource>();
  const slice = new Slice();
  for (const [n, source] of found.entries()) {
    if (n % LOOK_EVERY === 0 && slice.over) await slice.next();
    const from = await read(source);
    if (from !== undefined) readable.set(source.id, { source, from });
  }
  return readable;
}
