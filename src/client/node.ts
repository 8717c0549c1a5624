import { systemClock } from '../rules/clock.ts';
import { Cluster } from './cluster.ts';
import { readKubeconfig, type Endpoint } from './kubeconfig.ts';
import { socketTransport } from './transports/socket.ts';

export * from './entry.ts';
export { readKubeconfig, type Endpoint } from './kubeconfig.ts';

/**
 * A cluster, as a kubeconfig or the options say. Nothing is sent before the first question.
 * @param to file of a kubeconfig, when not given that of KUBECONFIG; or where the server is and who one is to it
 * @throws Error where there is no kubeconfig, or a part of it is missing
 */
export function connect(to: string | (Pick<Endpoint, 'server'> & Partial<Endpoint>) = kubeconfig()): Cluster {
  const endpoint = typeof to === 'string' ? readKubeconfig(to) : { insecure: false, namespace: '', ...to };
  return new Cluster(socketTransport(endpoint), systemClock);
}

function kubeconfig(): string {
  const file = process.env['KUBECONFIG'];
  if (!file) throw new Error('connect: name a kubeconfig, or set KUBECONFIG');
  return file;
}
