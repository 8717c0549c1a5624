import type http2 from 'node:http2';
import type { Arrivals } from './arrivals.ts';
import { authorization, connect } from './connect.ts';
import type { StreamSpec } from './messages.ts';

const NEWLINE = 10;
const lines = (chunk: Buffer): number => {
  let count = 0;
  for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
};

/** Opens Kubernetes watches over HTTP/2; resolves when all have answered, with what closes them. */
export async function openWatches(spec: StreamSpec, arrivals: Arrivals): Promise<() => void> {
  const sessions = await Promise.all(Array.from({ length: spec.connections }, () => connect(spec.endpoint)));
  const open = (stream: number) =>
    new Promise<void>((resolve, reject) => {
      const session: http2.ClientHttp2Session = sessions[stream % sessions.length]!;
      const request = session.request({
        ':path': spec.path,
        accept: 'application/json',
        ...authorization(spec.endpoint),
      });
      request.once('response', (headers) =>
        headers[':status'] === 200 ? resolve() : reject(new Error(`watch: status ${headers[':status']}`)),
      );
      request.on('data', (chunk: Buffer) => arrivals.add(stream, lines(chunk), () => chunk.toString('latin1')));
      request.on('error', reject);
      request.on('close', () => arrivals.end(stream));
    });
  await Promise.all(Array.from({ length: spec.streams }, (_, stream) => open(stream)));
  return () => sessions.forEach((session) => session.destroy());
}
