import type { Pod } from '../../../schema/types.ts';
import { badRequest } from '../../meta/status.ts';

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';
const names = ({ spec }: Pod, field: 'containers' | 'initContainers' | 'ephemeralContainers'): string[] =>
  (spec?.[field] ?? []).map((c) => c.name);

/** The container that a stream means: the one that is named, or the only one. Throws 400. */
export function containerOf(pod: Pod, asked: string | null): string {
  const all = [...names(pod, 'containers'), ...names(pod, 'initContainers'), ...names(pod, 'ephemeralContainers')];
  if (asked) {
    if (!all.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${pod.metadata.name}`);
    return asked;
  }
  const containers = names(pod, 'containers');
  const [only] = containers;
  if (only !== undefined && containers.length === 1) return only;
  const preferred = pod.metadata.annotations?.[DEFAULT_CONTAINER];
  if (preferred && all.includes(preferred)) return preferred;
  const init = names(pod, 'initContainers');
  const list = `[${containers.join(' ')}]`;
  const more = init.length ? ` or one of the init containers: [${init.join(' ')}]` : '';
  throw badRequest(`a container name must be specified for pod ${pod.metadata.name}, choose one of: ${list}${more}`);
}
