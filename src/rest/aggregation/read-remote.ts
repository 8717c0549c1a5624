import { request as httpsRequest } from 'node:https';
import type { User } from '../../api/contract.ts';
import type { Endpoint } from '../../api/streams/ready-endpoint.ts';
import { readAnswer } from '../../rules/http/read-answer.ts';
import type { FrontProxyAgents } from './front-proxy-agents.ts';
import { identityHeaders } from './identity-headers.ts';
import type { RemoteSpec } from './locate.ts';

/** Of an answer that is kept whole: the metrics of a large cluster are some megabytes. */
const MAX_BYTES = 64 * 1024 * 1024;

export interface RemoteAnswer {
  code: number;
  body: Buffer;
}

/**
 * GET of a path at an aggregated API server, as this user. Rejects with Error where no answer has come in the time, or
 * one that is too large.
 * @param host an address that may be connected to @param path with its query
 */
export function readRemote(
  agents: FrontProxyAgents,
  spec: RemoteSpec,
  { host, port }: Endpoint,
  user: User,
  path: string,
  timeoutMs: number,
): Promise<RemoteAnswer> {
  const servername = `${spec.service.name}.${spec.service.namespace}.svc`;
  return new Promise((resolve, reject) => {
    const request = httpsRequest({
      host,
      port,
      servername,
      path,
      agent: agents.to(spec),
      headers: { ...identityHeaders(user), host: `${servername}:${port}`, accept: 'application/json' },
    });
    const timer = setTimeout(() => request.destroy(new Error(`${servername} does not answer`)), timeoutMs);
    request.once('close', () => clearTimeout(timer));
    request.once('error', reject);
    request.once('response', (answer) => {
      readAnswer(answer, MAX_BYTES, () => new Error(`the answer of ${servername} is too large`)).then(
        (body) => resolve({ code: answer.statusCode ?? 0, body }),
        reject,
      );
    });
    request.end();
  });
}
