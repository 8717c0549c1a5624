import { parse } from 'yaml';

export interface OtherCluster {
  /** the context's */
  name: string;
  /** of its dashboard */
  url: string;
}

interface Kubeconfig {
  clusters?: readonly { name?: string; cluster?: { server?: string } }[];
  contexts?: readonly { name?: string; context?: { cluster?: string } }[];
}

/** Clusters that are kept. */
const MOST = 100;

/** The dashboards of the clusters in a kubeconfig, by its contexts. Throws where it is none. */
export function clustersIn(text: string): OtherCluster[] {
  const config = parse(text) as Kubeconfig | null;
  if (!Array.isArray(config?.clusters)) throw new Error('This is no kubeconfig: it has no list of clusters.');
  const servers = new Map(config.clusters.map(({ name = '', cluster }) => [name, cluster?.server ?? '']));
  const contexts = config.contexts?.length
    ? config.contexts
    : config.clusters.map(({ name }) => ({ name, context: { cluster: name } }));
  return contexts.slice(0, MOST).flatMap(({ name = '', context }) => {
    const url = dashboardOf(servers.get(context?.cluster ?? '') ?? '');
    return url === undefined ? [] : [{ name, url }];
  });
}

/** Nothing but the address goes on: no path, and no word that a browser would run. */
function dashboardOf(server: string): string | undefined {
  try {
    const { protocol, origin } = new URL(server);
    return protocol === 'https:' || protocol === 'http:' ? `${origin}/dashboard` : undefined;
  } catch {
    return undefined;
  }
}
