import { attributesOf, forbiddenError } from '../../api/authorization/attributes.ts';
import type { OpenConnection, Target } from '../../api/contract.ts';
import type { Dialer } from '../../api/streams/dialer.ts';
import { KUBELET_ANSWER_MS } from '../../api/streams/kubelet-answer.ts';
import { headOf, shortText } from '../../api/streams/node-answer.ts';
import { errorOfAnswer, unreachable } from '../../api/streams/node-errors.ts';
import type { Pod } from '../../../schema/types.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { KubeObject, Unchecked } from '../../meta/object.ts';
import { isStatusError, notFound, serviceUnavailable, type StatusError } from '../../meta/status.ts';
import type { Stored } from '../../store/contract.ts';
import type { OperationContext } from '../context.ts';
import { targetOf } from '../targets.ts';
import { wholeObject } from '../whole.ts';
import { logQuery, type LogArguments } from './log-options.ts';
import { LogReader, type LogLine } from './log-line.ts';

export type LogContext = Pick<OperationContext, 'api' | 'request' | 'dialer'>;

/** A pod whose log is read. */
export interface LoggedPod {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  /** undefined: whichever has the name */
  readonly uid?: string | undefined;
}

export const logTarget = ({ kind, namespace, name }: LoggedPod): Target =>
  targetOf(kind, { namespace, name, subresource: 'log' });

/**
 * The containers that `container` means: the one, or all but init and ephemeral ones. Only for who may read the log, as
 * which it is recorded. Throws 403 and 404.
 */
export async function loggedContainers(
  { api, request }: LogContext,
  pod: LoggedPod,
  container: string | null | undefined,
): Promise<readonly string[]> {
  const attributes = attributesOf('get', logTarget(pod));
  const { allowed, reason } = api.authorizeRead(request, attributes);
  if (!allowed) throw forbiddenError(request.user, attributes, reason);
  const { kind, namespace, name, uid } = pod;
  const find = (): Stored | undefined => api.store.get({ resource: kind.storage.key, namespace, name });
  let stored = find();
  if (!stored) {
    await api.store.fresh();
    stored = find();
  }
  // a pod of the same name is another one
  if (!stored || (uid !== undefined && stored.uid !== uid)) throw notFound(kind, name);
  if (container) return [container];
  const { spec } = wholeObject(kind, stored) as KubeObject & Unchecked<Pod>;
  return (spec?.containers ?? []).flatMap((one) => (one.name === undefined ? [] : [one.name]));
}

/** A log that may be read: its lines as they come, to be taken at once. */
export type OpenLog = AsyncGenerator<LogLine[], void, undefined>;

/**
 * Opens the log of a container, which counts as an open stream of the user. Its lines are read from the node at the pace
 * of who takes them; they end when the log does, or by the signal. Throws what the API refuses it with; taking them throws
 * what the node says instead, and 403 or 401 when the right is lost.
 */
export async function openLog(
  { api, request, dialer }: LogContext,
  pod: LoggedPod,
  container: string,
  args: LogArguments,
  signal: AbortSignal,
): Promise<OpenLog> {
  if (!dialer) throw serviceUnavailable('no node is reached from here');
  const query = logQuery(args);
  query.set('container', container);
  const over = new AbortController();
  const target = logTarget(pod);
  try {
    const to = await api.connect({ ...request, signal: over.signal }, target, { verb: 'get', query });
    return linesOf(dialer, to, { target, reader: new LogReader(pod.name, container), signal, over });
  } catch (error) {
    over.abort();
    throw error;
  }
}

interface Reading {
  target: Target;
  reader: LogReader;
  signal: AbortSignal;
  /** aborted when it is read no more */
  over: AbortController;
}

async function* linesOf(dialer: Dialer, to: OpenConnection, { target, reader, signal, over }: Reading): OpenLog {
  let lost: StatusError | undefined;
  const node = dialer.request(to, 'GET', { accept: '*/*' }, KUBELET_ANSWER_MS);
  const stop = (): void => void node.destroy();
  signal.addEventListener('abort', stop);
  const head = headOf(node);
  head.catch(() => undefined);
  const letGo = to.hold((why) => {
    lost = why;
    node.destroy(why);
  });
  try {
    if (signal.aborted) return;
    node.end();
    const answer = await head;
    const code = answer.statusCode ?? 500;
    if (code < 200 || code > 226) throw errorOfAnswer(code, await shortText(answer), target);
    for await (const piece of answer as AsyncIterable<Buffer>) {
      const lines = reader.push(piece);
      if (lines.length) yield lines;
    }
    yield reader.end();
  } catch (error) {
    if (lost) throw lost;
    if (signal.aborted) return;
    throw isStatusError(error) ? error : unreachable('GET', to.url, error as Error);
  } finally {
    signal.removeEventListener('abort', stop);
    letGo();
    node.destroy();
    over.abort();
  }
}
