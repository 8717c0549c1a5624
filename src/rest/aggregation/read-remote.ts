import { request as httpsRequest } from 'node:https';
import type { User } from '../../api/contract.ts';
import type { Endpoint } from '../../api/streams/ready-endpoint.ts';
import { answerTo, endWithin, type Answer } from '../../rules/http/answer-to.ts';
import type { FrontProxyAgents } from './front-proxy-agents.ts';
import { identityHeaders } from './identity-headers.ts';
import type { RemoteSpec } from './locate.ts';

/** Of an answer that is kept whole: the metrics of a large cluster are some megabytes. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * GET of a path at an aggregated API server, as this user. Rejects with Error where no answer has come in the time, or
 * one that is too large.
 * @param host an address that may be connected to @param path with its query
 */
export async function readRemote(
  agents: FrontProxyAgents,
  spec: RemoteSpec,
  { host, port }: Endpoint,
  user: User,
  path: string,
  timeoutMs: number,
): Promise<Answer> {
  const servername = `${spec.service.name}.${spec.service.namespace}.svc`;
  const request = httpsRequest({
    host,
    port,
    servername,
    path,
    agent: agents.to(spec),
    headers: { ...identityHeaders(user), host: `${servername}:${port}`, accept: 'application/json' },
  });
  endWithin(request, timeoutMs, () => new Error(`${servername} does not answer`));
  return answerTo(request, MAX_BYTES, () => new Error(`the answer of ${servername} is too large`));
}
