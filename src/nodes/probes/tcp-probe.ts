import { connect } from 'node:net';
import { dialError, failure, success, type ProbeResult } from './probe-result.ts';

/** Healthy when the port accepts a connection. */
export function tcpProbe(host: string, port: number, timeoutMs: number): Promise<ProbeResult> {
  const address = `${host}:${port}`;
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (result: ProbeResult): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => finish(failure(`dial tcp ${address}: i/o timeout`)), timeoutMs);
    socket.once('connect', () => finish(success));
    socket.once('error', (error) => finish(failure(dialError(error, address))));
  });
}
