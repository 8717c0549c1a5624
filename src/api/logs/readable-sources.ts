import type { KnownSource, LogArchive, LogSource } from '../../store/logs/contract.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { Attributes, User } from '../contract.ts';
import { Slice } from '../fairness/turns.ts';
import type { LogFilter, LogKind } from './contract.ts';

/** Decisions between two looks at the clock. */
const LOOK_EVERY = 64;

/** By whom the audit may be read: a right on a path, as of what is no resource. */
export const AUDIT_RIGHT: Attributes = { verb: 'get', path: '/logs/audit' };

const podLog = (namespace: string, name: string): Attributes => ({
  verb: 'get',
  group: '',
  version: 'v1',
  resource: 'pods',
  subresource: 'log',
  namespace,
  name,
});
const events = (namespace: string): Attributes => ({
  verb: 'list',
  group: '',
  version: 'v1',
  resource: 'events',
  subresource: '',
  namespace,
  name: '',
});

/**
 * Whether a user may read the lines of a source, by the rights of now: `get pods/log` of a pod, whether it is still there
 * or not; `list events`; the right to the audit. Made for one question: it remembers what it has decided.
 */
export function mayRead(
  authorizer: Authorizer,
  user: User,
): (source: Pick<LogSource, 'kind' | 'namespace' | 'pod'>) => boolean {
  const decided = new Map<string, boolean>();
  const once = (key: string, attributes: () => Attributes): boolean => {
    let allowed = decided.get(key);
    if (allowed === undefined) decided.set(key, (allowed = authorizer.decide(user, attributes()).allowed));
    return allowed;
  };
  return ({ kind, namespace, pod }) => {
    if (kind === 'audit') return once('audit', () => AUDIT_RIGHT);
    if (kind === 'event') return once(`e/${namespace}`, () => events(namespace));
    // who may read all of a namespace may read each; a right may also be to some of its pods by name
    return (
      once(`p/${namespace}`, () => podLog(namespace, '')) || once(`p/${namespace}/${pod}`, () => podLog(namespace, pod))
    );
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
  authorizer: Authorizer,
  user: User,
  filter: LogFilter,
): Promise<Map<number, KnownSource>> {
  const may = mayRead(authorizer, user);
  const { namespaces, pods, containers, nodes } = filter;
  const kinds = kindsOf(filter).filter((kind) => kind !== 'audit' || may({ kind, namespace: '', pod: '' }));
  const found = kinds.length
    ? await archive.sources({
        kinds,
        ...(namespaces && { namespaces }),
        ...(pods && { pods }),
        ...(containers && { containers }),
        ...(nodes && { nodes }),
      })
    : [];
  const readable = new Map<number, KnownSource>();
  const slice = new Slice();
  for (const [n, source] of found.entries()) {
    if (n % LOOK_EVERY === 0 && slice.over) await slice.next();
    if (may(source)) readable.set(source.id, source);
  }
  return readable;
}
