import { OPTIONAL_VERSIONS } from '../kinds/builtin.ts';
import { optionalResourceFacts, resourceFacts } from '../kinds/facts.ts';
import { StartError } from './start-error.ts';

export const RUNTIME_USAGE = `  --runtime-config LIST     versions that are served only when asked for, as GROUP/VERSION=true; there are
                            ${[...OPTIONAL_VERSIONS].join(', ')}; api/beta and api/all are all of them`;

/** The group of the API server itself, which no kind of a client's is of. */
const OWN_GROUP = 'internal.apiserver.k8s.io';
/** Not one version, but those that are alike: `api/beta`; and the oldest, which has no group. */
const ALIKE = 'api';

/**
 * The versions of OPTIONAL_VERSIONS that are to be served. What is served in any case stays, whatever is said of it, and
 * so do versions of Kubernetes' groups that do not exist here.
 * @param lists `storagemigration.k8s.io/v1beta1=true,api/beta`; of a name that comes twice the last says. What is said of
 *   a version goes before what is said of many, in whatever order
 * @throws StartError with kube-apiserver's words for a group that nobody knows and a value that is none
 */
export function runtimeConfig(lists: readonly string[] = []): string[] {
  const said = new Map<string, boolean>();
  for (const pair of lists.flatMap((list) => list.split(',')).filter(Boolean)) {
    const at = pair.indexOf('=');
    const name = (at < 0 ? pair : pair.slice(0, at)).trim();
    const value = at < 0 ? 'true' : pair.slice(at + 1).trim();
    if (value !== 'true' && value !== 'false')
      throw new StartError(`--runtime-config: invalid value ${name}=${value}: it is neither true nor false`);
    if (!/^[^/]*\/[^/]*(\/[^/]*)?$/.test(name)) throw new StartError(`--runtime-config: invalid key ${name}`);
    said.set(name, value === 'true');
  }
  const unknown = unknownGroups([...said.keys()]);
  if (unknown.length) throw new StartError(`--runtime-config: unknown api groups ${unknown.join(',')}`);
  return [...OPTIONAL_VERSIONS].filter(
    (version) => said.get(version) ?? said.get('api/beta') ?? said.get('api/all') ?? false,
  );
}

function unknownGroups(names: readonly string[]): string[] {
  const known = new Set([ALIKE, OWN_GROUP, ...[...resourceFacts, ...optionalResourceFacts].map(({ group }) => group)]);
  const groups = names.map((name) => name.slice(0, name.indexOf('/')));
  return [...new Set(groups)].filter((group) => !known.has(group));
}
