import { request } from 'node:https';
import { answerTo } from '../../../rules/http/answer-to.ts';

export interface FetchOptions {
  /** PEM; the machine's own authorities when not given */
  ca?: string | undefined;
  /** ms for the whole exchange */
  timeout?: number;
  /** sent as a bearer token */
  token?: string | undefined;
  /** sent with POST */
  form?: URLSearchParams;
}

const TIMEOUT_MS = 30_000;
/** A provider's document and its keys are a few kilobytes. */
const MAX_BYTES = 1024 * 1024;

/** The body of an https answer. Rejects for other answers than 2xx, for redirects too, for large ones and late ones. */
export async function fetchText(url: string, { ca, timeout = TIMEOUT_MS, token, form }: FetchOptions): Promise<string> {
  const signal = AbortSignal.timeout(timeout);
  const body = form?.toString();
  const headers = {
    accept: 'application/json',
    ...(token && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && {
      'content-type': 'application/x-www-form-urlencoded',
      // a piece at a time is not what every server takes
      'content-length': Buffer.byteLength(body),
    }),
  };
  const tooLarge = (): Error => new Error(`${url} answers more than ${MAX_BYTES} bytes`);
  const sent = request(url, { signal, headers, ...(ca && { ca }), ...(form && { method: 'POST' }) });
  if (body !== undefined) sent.write(body);
  const { code, body: answer } = await answerTo(sent, MAX_BYTES, tooLarge);
  if (code < 200 || code > 299) throw new Error(`${url} answers ${code}`);
  return answer.toString();
}
