import { connect } from 'node:http2';
import { failure, success, type ProbeResult } from './probe-result.ts';

const STATUS = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/** Bytes of an answer that are kept; one is seven bytes long. */
const MAX_BODY = 1024;

/** The gRPC health checking protocol (grpc.health.v1.Health/Check) over clear-text HTTP/2. */
export function grpcProbe(service: string, host: string, port: number, timeoutMs: number): Promise<ProbeResult> {
  const address = `${host}:${port}`;
  return new Promise((resolve) => {
    const session = connect(`http://${address}`);
    const finish = (result: ProbeResult): void => {
      clearTimeout(timer);
      session.destroy();
      resolve(result);
    };
    const timer = setTimeout(
      () =>
        finish(
          failure(
            `timeout: failed to connect service ${JSON.stringify(address)} within ${timeoutMs / 1000}s: context deadline exceeded`,
          ),
        ),
      timeoutMs,
    );
    const unreached = (error: Error): void =>
      finish(failure(`error: failed to connect service at ${JSON.stringify(address)}: ${error.message}`));
    session.on('error', unreached);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'kube-probe/1.35',
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let status = '0';
    const noteStatus = (headers: Record<string, unknown>): void => {
      if (headers['grpc-status'] !== undefined) status = String(headers['grpc-status']);
    };
    stream.on('response', noteStatus);
    stream.on('trailers', noteStatus);
    stream.on('data', (chunk: Buffer) => {
      if (size < MAX_BODY) chunks.push(chunk);
      else stream.close();
      size += chunk.length;
    });
    // where there is no connection, the stream hears of it first
    stream.on('error', (error) => {
      if (session.connecting) unreached(error.cause instanceof Error ? error.cause : error);
      else finish(failure(`error: health rpc failed: ${error.message}`));
    });
    stream.on('end', () => finish(verdict(Buffer.concat(chunks), status)));
    stream.end(frame(service));
  });
}

/** HealthCheckRequest {1: service}, behind gRPC's five bytes: not compressed, length. */
function frame(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length ? Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name]) : name;
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** A number in the base 128 of protocol buffers. */
const varint = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]);

function verdict(body: Buffer, status: string): ProbeResult {
  if (status === '12')
    return failure('error: this server does not implement the grpc health protocol (grpc.health.v1.Health)');
  if (status !== '0') return failure(`error: health rpc failed: rpc error: code = ${status}`);
  // HealthCheckResponse {1: status}: an absent field is UNKNOWN.
  const serving = body.length >= 7 && body[5] === 0x08 ? body[6]! : 0;
  return serving === 1
    ? success
    : failure(`service unhealthy (responded with ${JSON.stringify(STATUS[serving] ?? 'UNKNOWN')})`);
}
