import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { readAnswer } from '../../rules/http/read-answer.ts';
import type { Target } from './targets.ts';

const TIMEOUT_MS = 5000;
/** Of an answer: some ten thousand lines. */
const MAX_BYTES = 2 * 1024 * 1024;

/**
 * What a pod answers to GET. It goes to the address and nowhere else: nothing is looked up, no redirect is followed, no
 * credential is shown. With https the pod's certificate is not looked at, for the address is what is known of it.
 * Rejects with Error.
 * @param host an address that may be connected to
 */
export function fetchMetrics({ port, path, isHttps }: Target, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host, port, path, agent: false, headers: { accept: 'text/plain;version=0.0.4' } };
    const request = isHttps ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options);
    const timer = setTimeout(() => request.destroy(new Error('it does not answer')), TIMEOUT_MS);
    request.once('close', () => clearTimeout(timer));
    request.once('error', reject);
    request.once('response', (answer) => {
      readAnswer(answer, MAX_BYTES, () => new Error('its answer is too large')).then((body) => {
        if (answer.statusCode === 200) resolve(body.toString('utf8'));
        else reject(new Error(`it answers ${answer.statusCode}`));
      }, reject);
    });
    request.end();
  });
}
