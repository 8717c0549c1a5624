import type { ServerResponse } from 'node:http';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import type { LogStore } from '../logs/log-store.ts';
import { readLog, type LogOptions } from '../logs/read-log.ts';
import type { PodWorker } from '../pods/pod-worker.ts';
import { flag, type KubeletRequest } from './router.ts';

/** What `kubectl logs` asks for, sent as it comes. */
export async function serveLogs(
  request: KubeletRequest,
  worker: PodWorker,
  logs: LogStore,
  now: number,
  response: ServerResponse,
): Promise<void> {
  const container = worker.containers.find((each) => each.name === request.container);
  if (!container)
    return refuse(
      response,
      404,
      `container ${JSON.stringify(request.container)} not found in pod ${JSON.stringify(request.pod)}\n`,
    );
  const { namespace = '', name, uid } = worker.object.metadata;
  const { restartCount } = container.record;
  const previous = flag(request.query, 'previous');
  const attempt = previous ? restartCount - 1 : restartCount;
  const path = logs.path({ namespace, name, uid }, container.name, attempt);
  if (attempt < 0 || (previous && !existsSync(path))) {
    return refuse(
      response,
      400,
      `previous terminated container ${JSON.stringify(container.name)} in pod ${JSON.stringify(name)} not found`,
    );
  }
  if (!container.running && !existsSync(path)) {
    const reason = container.record.state.waiting?.reason ?? 'ContainerCreating';
    return refuse(
      response,
      400,
      `container ${JSON.stringify(container.name)} in pod ${JSON.stringify(name)} is waiting to start: ${reason}`,
    );
  }
  const options = optionsOf(request.query, now);
  if (!options) return refuse(response, 400, '{"message": "Unable to decode query."}');
  const live = (): boolean =>
    !previous && container.record.restartCount === attempt && Boolean(container.running?.live);
  await sendLog(response, (left) => readLog(logs, path, options, live, left));
}

/** Sends what is read, as fast as it is taken. @param read its signal says that the client has left */
export async function sendLog(
  response: ServerResponse,
  read: (left: AbortSignal) => AsyncIterable<Buffer>,
): Promise<void> {
  const left = new AbortController();
  response.on('close', () => left.abort());
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.flushHeaders();
  for await (const chunk of read(left.signal)) {
    if (left.signal.aborted) return;
    if (!response.write(chunk)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
  response.end();
}

export function refuse(response: ServerResponse, code: number, message: string): void {
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' }).end(message);
}

/** Undefined for parameters that are none: no line of a log is before a time that there is not. */
export function optionsOf(query: URLSearchParams, now: number): LogOptions | undefined {
  const number = (name: string): number | undefined => (query.has(name) ? Number(query.get(name) || NaN) : undefined);
  const seconds = number('sinceSeconds');
  const time = query.get('sinceTime');
  const options = {
    follow: flag(query, 'follow'),
    timestamps: flag(query, 'timestamps'),
    tailLines: number('tailLines'),
    limitBytes: number('limitBytes'),
    sinceTime: seconds !== undefined ? now - seconds * 1000 : time ? Date.parse(time) : undefined,
    stream: query.get('stream') ?? 'All',
  };
  const { tailLines = 0, limitBytes = 1, sinceTime = 0 } = options;
  const isCount = (count: number, least: number): boolean => Number.isSafeInteger(count) && count >= least;
  const good = isCount(tailLines, 0) && isCount(limitBytes, 1) && Number.isFinite(sinceTime);
  return good && ['All', 'Stdout', 'Stderr'].includes(options.stream) ? options : undefined;
}
