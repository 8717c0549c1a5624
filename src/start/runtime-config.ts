import { OPTIONAL_VERSIONS } from '../kinds/builtin.ts';
import { createRegistry } from '../kinds/registry.ts';
import { StartError } from './start-error.ts';

/** For parseArgs; the name is kube-apiserver's. */
export const RUNTIME_FLAGS = { 'runtime-config': { type: 'string', multiple: true } } as const;

export const RUNTIME_USAGE = `  --runtime-config LIST     versions that are served only when asked for, as GROUP/VERSION=true; there are
                            ${[...OPTIONAL_VERSIONS].join(', ')}; api/beta and api/all are all of them`;

const ALL = new Set(['api/all', 'api/beta']);
const KNOWN_ALIKE = new Set(['api/ga', 'api/legacy', 'api/alpha', 'internal.apiserver.k8s.io']);

/**
 * The versions of OPTIONAL_VERSIONS that are to be served. What is served in any case stays, whatever is said of it, and
 * so do versions of Kubernetes' groups that do not exist here.
 * @param lists `storagemigration.k8s.io/v1beta1=true,api/beta`; of a version that comes twice the last says
 * @throws StartError with kube-apiserver's words for a group that nobody knows and a value that is none
 */
export function runtimeConfig(lists: readonly string[] = []): string[] {
  const groups = new Set(
    createRegistry([...OPTIONAL_VERSIONS])
      .groups()
      .map(({ group }) => group),
  );
  const served = new Set<string>();
  const unknown = new Set<string>();
  for (const pair of lists.flatMap((list) => list.split(',')).filter(Boolean)) {
    const [name = '', value = 'true'] = pair.trim().split('=');
    if (value !== 'true' && value !== 'false')
      throw new StartError(`--runtime-config: invalid value ${name}=${value}: it is neither true nor false`);
    const group = name.slice(0, Math.max(name.indexOf('/'), 0));
    const named = ALL.has(name) ? [...OPTIONAL_VERSIONS] : OPTIONAL_VERSIONS.has(name) ? [name] : [];
    if (!named.length && group !== 'api' && !KNOWN_ALIKE.has(group) && !groups.has(group)) unknown.add(group);
    for (const version of named) {
      if (value === 'true') served.add(version);
      else served.delete(version);
    }
  }
  if (unknown.size) throw new StartError(`--runtime-config: unknown api groups ${[...unknown].join(',')}`);
  return [...served];
}
