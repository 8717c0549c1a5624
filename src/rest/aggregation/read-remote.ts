import { request as httpsRequest } from 'node:https';
import type { User } from '../../api/contract.ts';
import type { Endpoint } from '../../api/streams/ready-endpoint.ts';
import { answerTo, endWithin, type Answer } from '../../rules/http/answer-to.ts';
import type { FrontProxyAgents } from './front-proxy-agents.ts';
import { identityHeaders } from './identity-headers.ts';
import type { RemoteSpec } from './locate.ts';

export interface RemoteRequest {
  /** with its query */
  path: string;
  timeoutMs: number;
  /** bytes of the answer, which is kept whole */
  most: number;
  ifNoneMatch?: string;
}

/**
 * GET of a path at an aggregated API server, as this user. Rejects with Error where no answer has come in the time, or
 * one that is too large.
 * @param host an address that may be connected to
 */
export async function readRemote(
  agents: FrontProxyAgents,
  spec: RemoteSpec,
  { host, port }: Endpoint,
  user: User,
  { path, timeoutMs, most, ifNoneMatch }: RemoteRequest,
): Promise<Answer> {
  const servername = `${spec.service.name}.${spec.service.namespace}.svc`;
  const request = httpsRequest({
    host,
    port,
    servername,
    path,
    agent: agents.to(spec),
    headers: {
      ...identityHeaders(user),
      host: `${servername}:${port}`,
      accept: 'application/json',
      ...(ifNoneMatch && { 'if-none-match': ifNoneMatch }),
    },
  });
  endWithin(request, timeoutMs, () => new Error(`${servername} does not answer`));
  return answerTo(request, most, () => new Error(`the answer of ${servername} is too large`));
}
