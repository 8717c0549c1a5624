import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { textFor } from '../../rules/http/answer-to.ts';
import type { Target } from './targets.ts';

/** ms for the whole of it */
export const TIMEOUT_MS = 5000;
/** Of an answer: some ten thousand lines. */
const MAX_BYTES = 2 * 1024 * 1024;

/**
 * What a pod answers to GET. It goes to the address and nowhere else: nothing is looked up, no redirect is followed, no
 * credential is shown. With https the pod's certificate is not looked at, for the address is what is known of it.
 * Rejects with Error.
 * @param host an address that may be connected to
 */
export async function fetchMetrics({ port, path, isHttps }: Target, host: string): Promise<string> {
  const options = { host, port, path, agent: false, headers: { accept: 'text/plain;version=0.0.4' } };
  const request = isHttps ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options);
  return textFor(request, TIMEOUT_MS, MAX_BYTES);
}
