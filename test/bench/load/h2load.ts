import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import type { LoadResult, LoadSpec } from './messages.ts';

let found: boolean | undefined;
/** Whether nghttp2's generator is installed (Debian: nghttp2-client). It is lighter than ours, so more is left for the server. */
export const hasH2load = (): boolean =>
  (found ??= spawnSync('h2load', ['--version'], { stdio: 'ignore' }).status === 0);

/** Plain reads for a time are what it can do; their latencies only as a mean, so rows that tell latencies do not use it. */
export const suitsH2load = (spec: LoadSpec): boolean =>
  spec.method === 'GET' && spec.inFlight > 1 && !!spec.seconds && !spec.rate && !spec.track;

/** @throws when its output has no rate: it could not connect, or the server has not answered */
export async function runH2load(spec: LoadSpec): Promise<LoadResult> {
  const clients = Math.min(4, spec.inFlight);
  const seconds = Math.min(600, Math.max(1, Math.round(spec.seconds!)));
  const headers = [
    'accept: application/json',
    ...(spec.endpoint.token ? [`authorization: Bearer ${spec.endpoint.token}`] : []),
  ];
  const args = [
    '-c',
    String(clients),
    '-m',
    String(Math.ceil(spec.inFlight / clients)),
    '-D',
    String(seconds),
    '-w',
    '26',
    '-W',
    '26',
  ];
  const urls = spec.paths.map((path) => spec.endpoint.server + path);
  const { stdout } = await promisify(execFile)(
    'h2load',
    [...args, ...headers.flatMap((header) => ['-H', header]), ...urls],
    { maxBuffer: 1 << 20 },
  );
  return parseH2load(stdout, seconds);
}

export function parseH2load(text: string, seconds: number): LoadResult {
  const rate = /finished in [^,]+, ([\d.]+) req\/s/.exec(text);
  const requests = /(\d+) succeeded, (\d+) failed, (\d+) errored/.exec(text);
  if (!rate || !requests) throw new Error(`h2load: ${text.slice(-300)}`);
  const mean = /time for request:\s+\S+\s+\S+\s+([\d.]+)(us|ms|s)/.exec(text);
  const ms = mean ? Number(mean[1]) * { us: 0.001, ms: 1, s: 1000 }[mean[2] as 'us' | 'ms' | 's'] : 0;
  const errors = Number(requests[2]) + Number(requests[3]);
  const bytes = Number(/traffic: \S+ \((\d+)\) total/.exec(text)?.[1] ?? 0);
  const done = Number(requests[1]);
  return {
    done,
    errors,
    firstError: errors ? text.match(/status codes:.*/)?.[0] : undefined,
    seconds,
    rate: Number(rate[1]),
    p50: ms,
    p99: ms,
    bytes,
  };
}
