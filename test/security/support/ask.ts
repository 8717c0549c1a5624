import { request } from 'node:https';
import type { Cluster } from '../../e2e/support/cluster.ts';

export interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
}
export interface Reply {
  code: number;
  headers: NodeJS.Dict<string | string[]>;
  text: string;
}

/** One HTTPS request by hand, as an attacker makes it: no library stands between. */
export function ask(
  { url }: Cluster,
  path: string,
  { method = 'GET', headers = {}, body }: Asked = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const type = sent !== undefined && { 'content-type': 'application/json' };
    // the path is what it is: nothing takes `..` out of it
    const { hostname, port } = new URL(url);
    const to = { hostname, port, path, method, rejectUnauthorized: false, agent: false };
    const asking = request({ ...to, headers: { ...type, ...headers } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('error', reject);
      answer.on('end', () => resolve({ code: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    asking.on('error', reject);
    asking.end(sent);
  });
}

export interface Result {
  data?: Record<string, unknown> | null;
  errors?: { message: string; extensions: { code: number; reason?: string } }[];
}

/** One operation; `code` is the first error's, or 200. */
export async function operate(
  cluster: Cluster,
  operation: { query: string; variables?: object; extensions?: object },
  headers: Record<string, string> = {},
): Promise<Reply & { result: Result }> {
  const reply = await ask(cluster, '/graphql', { method: 'POST', headers, body: operation });
  const result = JSON.parse(reply.text) as Result;
  return { ...reply, code: result.errors?.[0]?.extensions.code ?? reply.code, result };
}
