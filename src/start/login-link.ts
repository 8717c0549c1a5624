import { request } from 'node:https';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readKubeconfig, type Endpoint } from '../client/kubeconfig.ts';
import { StartError } from './start-error.ts';

/** A server that does not answer in this time does not run, ms. */
const ANSWER_MS = 10_000;

/**
 * Asks a server that runs for a link that logs a browser in, once, as the user of a kubeconfig; that of the data folder
 * unless said. Throws StartError where none runs, or the user may not.
 */
export async function loginLink(argv: string[], env: NodeJS.ProcessEnv): Promise<string> {
  const { data, kubeconfig, readOnly } = parse(argv);
  const file = path.resolve(kubeconfig ?? path.join(data ?? env.KU7S_DATA ?? '.ku7s', 'kubeconfig'));
  let endpoint: Endpoint;
  try {
    endpoint = readKubeconfig(file);
  } catch (error) {
    throw new StartError(`login-link: ${(error as Error).message}`, { cause: error });
  }
  const { code, text } = await post(endpoint, `/graphiql/links${readOnly ? '' : '?write=true'}`);
  const { link, message } = JSON.parse(text || '{}') as { link?: string; message?: string };
  if (link === undefined) throw new StartError(`login-link: ${message ?? `the server answers ${code}`}`);
  return new URL(link, endpoint.server).href;
}

function parse(args: string[]): { data?: string | undefined; kubeconfig?: string | undefined; readOnly: boolean } {
  try {
    const options = {
      data: { type: 'string' },
      kubeconfig: { type: 'string' },
      'read-only': { type: 'boolean' },
    } as const;
    const { data, kubeconfig, 'read-only': readOnly = false } = parseArgs({ args, options }).values;
    return { data, kubeconfig, readOnly };
  } catch (error) {
    throw new StartError(`login-link: ${(error as Error).message}`, { cause: error });
  }
}

function post(endpoint: Endpoint, url: string): Promise<{ code: number; text: string }> {
  const { server, ca, insecure, serverName, certificate, key, token } = endpoint;
  return new Promise((resolve, reject) => {
    const asking = request(
      new URL(url, server),
      {
        method: 'POST',
        rejectUnauthorized: !insecure,
        timeout: ANSWER_MS,
        ...(ca !== undefined && { ca }),
        ...(serverName !== undefined && { servername: serverName }),
        ...(certificate !== undefined && { cert: certificate }),
        ...(key !== undefined && { key }),
        headers: { accept: 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        answer.on('error', reject);
        answer.on('end', () => resolve({ code: answer.statusCode ?? 0, text }));
      },
    );
    asking.on('timeout', () => asking.destroy(new Error('no answer')));
    asking.on('error', (error) => reject(new StartError(`login-link: ${server}: ${error.message}`, { cause: error })));
    asking.end();
  });
}
