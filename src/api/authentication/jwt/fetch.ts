import { request } from 'node:https';
import { readAnswer } from '../../../rules/http/read-answer.ts';

export interface FetchOptions {
  /** PEM; the machine's own authorities when not given */
  ca?: string | undefined;
  /** ms for the whole exchange */
  timeout?: number;
  /** sent as a bearer token */
  token?: string | undefined;
}

const TIMEOUT_MS = 30_000;
/** A provider's document and its keys are a few kilobytes. */
const MAX_BYTES = 1024 * 1024;

/** The body of an https answer. Rejects for other answers than 2xx, for redirects too, for large ones and late ones. */
export function fetchText(url: string, { ca, timeout = TIMEOUT_MS, token }: FetchOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeout);
    const headers = { accept: 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const req = request(url, { signal, headers, ...(ca && { ca }) }, (res) => {
      const { statusCode = 0 } = res;
      if (statusCode < 200 || statusCode > 299) {
        res.resume();
        return reject(new Error(`${url} answers ${statusCode}`));
      }
      readAnswer(res, MAX_BYTES, () => new Error(`${url} answers more than ${MAX_BYTES} bytes`)).then(
        (body) => resolve(body.toString()),
        reject,
      );
    });
    req.on('error', reject);
    req.end();
  });
}
