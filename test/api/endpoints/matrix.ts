import { callsOf, type Call, type Discovered } from './calls.ts';
import { USERS, type Answered, type Facades } from './facades.ts';

/** What the discovery document tells of, as a client reads it. */
async function discovered(facades: Facades): Promise<Discovered[]> {
  const read = async (url: string): Promise<any> => (await facades.rest('admin', { method: 'GET', url })).body;
  const { groups } = await read('/apis');
  const versions: string[] = groups.flatMap((group: any) => group.versions.map((v: any) => v.groupVersion));
  const found: Discovered[] = [];
  for (const groupVersion of ['v1', ...versions]) {
    const [version, group = ''] = groupVersion.split('/').reverse() as [string, string?];
    const { resources } = await read(group ? `/apis/${groupVersion}` : `/api/${version}`);
    const byName = new Map<string, Discovered>();
    for (const { name, namespaced, verbs, kind, group: g = group, version: v = version } of resources) {
      const [resource, subresource = ''] = name.split('/') as [string, string?];
      const one = byName.get(resource) ?? { group, version, resource, namespaced, endpoints: new Map() };
      byName.set(resource, one);
      one.endpoints.set(subresource, { verbs, apiVersion: g ? `${g}/${v}` : v, kind });
    }
    found.push(...byName.values());
  }
  return found;
}

const STREAMS = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);
/** Verbs on the collections of all namespaces. */
const ACROSS = new Set(['list', 'watch']);

const isServed = (found: Discovered, { verb, subresource, placed, rest }: Call): boolean =>
  (found.endpoints.get(subresource)?.verbs.includes(verb) ?? false) &&
  (placed || (found.namespaced && !subresource && ACROSS.has(verb) && !rest?.url.includes('/namespaces/')));

/** What is wrong with the answers to a call; undefined where nothing is. */
function deviation(found: Discovered, call: Call, rest: Answered | undefined, graphql: Answered | undefined) {
  const served = isServed(found, call);
  const custom = found.group === 'gate.example.com';
  const refused = ({ code, status }: Answered): boolean =>
    [403, 404, 405].includes(code) && (status !== undefined || (custom && code === 404));
  const streamed = STREAMS.has(call.subresource) && found.endpoints.has(call.subresource);
  if (streamed && served) {
    // GraphQL has no streams; over HTTP what is wrong with the pod or the upgrade comes next
    if (graphql && ![403, 405].includes(graphql.code)) return 'a stream was read or written';
    return rest?.code === 405 ? 'a stream is missing' : undefined;
  }
  for (const answer of [rest, graphql]) if (!served && answer && !refused(answer)) return 'had an effect';
  if (served && (rest?.code === 405 || graphql?.code === 405)) return 'is missing';
  if (!rest || !graphql) return undefined;
  const same = rest.code < 400 ? graphql.code < 400 : rest.code === graphql.code;
  if (!same) return 'differs';
  // a place that custom resources have not is answered with text
  if (rest.status && JSON.stringify(rest.status) !== JSON.stringify(inWordsOfRest(found, call, rest, graphql)))
    return 'differs in its words';
  return undefined;
}

/** Of a namespaced resource without a namespace, which REST's paths cannot leave out by mistake, GraphQL says just that. */
function inWordsOfRest({ resource, namespaced, endpoints }: Discovered, call: Call, rest: Answered, graphql: Answered) {
  const { status } = graphql;
  const elsewhere = endpoints.get(call.subresource)?.verbs.includes(call.verb) ?? false;
  const says = namespaced && elsewhere && status?.message === `${resource} are in namespaces: say in which`;
  return says ? { ...status, message: rest.status?.message } : status;
}

export interface Outcome {
  /** `user, call, what is wrong, REST's answer, GraphQL's answer` */
  deviations: unknown[];
  /** that the store has not been written to */
  untouched: boolean;
  /** how many of what, for people */
  counts: string;
}

/**
 * Asks both façades for every verb of every resource as every user, and compares them with each other and with the
 * discovery document. Nothing that is served is written, and so nothing at all.
 * @param everywhere subresources that are asked for of every resource, besides its own
 */
export async function matrix(facades: Facades, everywhere: readonly string[] | 'all'): Promise<Outcome> {
  const all = await discovered(facades);
  const names = all.flatMap(({ endpoints }) => [...endpoints.keys()].filter(Boolean));
  const asked = everywhere === 'all' ? ['nothing', ...names] : everywhere;
  const before = await facades.test.api.store.fresh();
  const codes: Record<string, number> = {};
  const count = (what: string): number => (codes[what] = (codes[what] ?? 0) + 1);
  const deviations: unknown[] = [];
  const ask = async (found: Discovered, call: Call, user: string): Promise<void> => {
    const rest = call.rest && (await facades.rest(user, call.rest));
    const graphql = call.graphql && (await facades.gql(user, call.graphql));
    if (rest) count(`REST ${rest.code}`);
    if (graphql) count(`GraphQL ${graphql.code}`);
    const what = deviation(found, call, rest, graphql);
    if (what) deviations.push([user, call.text, what, rest, graphql]);
  };
  for (const found of all)
    for (const call of callsOf(found, new Set([...asked, ...found.endpoints.keys()])))
      await Promise.all(Object.keys(USERS).map((user) => ask(found, call, user)));
  return {
    deviations,
    untouched: (await facades.test.api.store.fresh()) === before,
    counts: `${all.length} resources, ${all.length + names.length} endpoints, ${Object.keys(USERS).length} users: ${JSON.stringify(codes)}, ${deviations.length} deviations`,
  };
}
