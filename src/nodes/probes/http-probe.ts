import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { HTTPGetAction } from '../../../schema/types.ts';
import { dialError, failure, success, type ProbeResult } from './probe-result.ts';

/** Bytes of an answer that are read; probes need only its status. */
const MAX_BODY = 10 * 1024;

/** GET; any status from 200 to 399 is healthy. Certificates are not checked, as in the kubelet. */
export function httpProbe(action: HTTPGetAction, host: string, port: number, timeoutMs: number): Promise<ProbeResult> {
  const secure = action.scheme === 'HTTPS';
  const path = action.path?.startsWith('/') ? action.path : `/${action.path ?? ''}`;
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const url = `${secure ? 'https' : 'http'}://${address}${path}`;
  const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.35', accept: '*/*', connection: 'close' };
  for (const { name, value } of action.httpHeaders ?? []) headers[name.toLowerCase()] = value;
  return new Promise((resolve) => {
    const send = secure ? httpsRequest : httpRequest;
    const request = send({ host, port, path, headers, rejectUnauthorized: false, agent: false }, (response) => {
      const status = response.statusCode ?? 0;
      let read = 0;
      response.on('data', (chunk: Buffer) => (read += chunk.length) > MAX_BODY && response.destroy());
      finish(status >= 200 && status < 400 ? success : failure(`HTTP probe failed with statuscode: ${status}`));
    });
    const timer = setTimeout(() => {
      finish(failure(`Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`));
      request.destroy();
    }, timeoutMs);
    const finish = (result: ProbeResult): void => {
      clearTimeout(timer);
      resolve(result);
    };
    request.on('error', (error) => finish(failure(`Get "${url}": ${dialError(error, address)}`)));
    request.end();
  });
}
