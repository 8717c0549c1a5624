import { createServer as createHttp } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { createServer as createTcp, type AddressInfo, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HTTPGetAction, Probe } from '../../../schema/types.ts';
import { runProbe, type ProbeTarget } from '../../../src/nodes/probes/run-probe.ts';
import type { ExecSession } from '../../../src/nodes/runtimes/runtime.ts';
import { makeCertificate } from '../../../src/start/certificates.ts';
import { FakeRuntime } from '../pods/fake-runtime.ts';

/** What the servers of this machine were asked. */
const asked: string[] = [];
const closing: (() => void)[] = [];
let ports: { http: number; https: number; tcp: number; grpc: number; none: number };

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  closing.push(() => void server.close());
  return (server.address() as AddressInfo).port;
};

beforeAll(async () => {
  const answer: Parameters<typeof createHttp>[1] = ({ url, headers }, response) => {
    asked.push(`${url} ${headers.host?.replace(/:.*/, '')} ${headers['x-kind'] ?? ''}`);
    response.statusCode = url === '/bad' ? 503 : 200;
    response.end();
  };
  const grpc = createHttp2();
  grpc.on('stream', (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const message = Buffer.concat(chunks).subarray(5);
      // a field of length, whose number of bytes is a varint
      const service = message.subarray(message.length > 130 ? 3 : 2).toString();
      asked.push(`${headers[':path']} ${service}`);
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, service === 'ill' ? 2 : 1]));
    });
  });
  const tcp = createTcp((socket) => socket.destroy());
  const none = createTcp();
  ports = {
    http: await listening(createHttp(answer)),
    https: await listening(createHttps(await makeCertificate({ commonName: 'x' }, undefined), answer)),
    tcp: await listening(tcp),
    grpc: await listening(grpc),
    none: await listening(none),
  };
  closing.pop()?.();
});
afterAll(() => closing.forEach((close) => close()));

class Deaf extends FakeRuntime {
  override exec(...args: Parameters<FakeRuntime['exec']>): ExecSession {
    return { ...super.exec(...args), exited: new Promise(() => undefined) };
  }
}

async function probed(probe: Probe, podIP = '127.0.0.1'): Promise<{ result: string; asked: string[] }> {
  asked.length = 0;
  const runtime = new Deaf(() => 0);
  const container = { name: 'c', ports: [{ name: 'web', containerPort: ports.http }] };
  const running = { spec: container } as unknown as ProbeTarget['running'];
  const result = await runProbe(probe, { runtime, running, container, podIP });
  return { result: result.ok ? 'ok' : result.message, asked: [...asked] };
}
const http = (more: Partial<HTTPGetAction>): Probe => ({ httpGet: { port: ports.http, ...more } });
/** An address at which nothing of this test listens. */
const ELSEWHERE = '127.0.0.77';

describe('a probe', () => {
  it.each<[field: string, () => Probe, string, result: RegExp, asked: string[]]>([
    ['HTTPGetAction.port, a number', () => http({}), '127.0.0.1', /^ok$/, ['/ 127.0.0.1 ']],
    [
      'HTTPGetAction.port, a name: the ContainerPort.containerPort of that ContainerPort.name',
      () => http({ port: 'web' }),
      '127.0.0.1',
      /^ok$/,
      ['/ 127.0.0.1 '],
    ],
    [
      'HTTPGetAction.port, no name',
      () => http({ port: 'nix' }),
      '127.0.0.1',
      /^couldn't find port: nix in container c$/,
      [],
    ],
    ['HTTPGetAction.path', () => http({ path: '/bad' }), '127.0.0.1', /statuscode: 503$/, ['/bad 127.0.0.1 ']],
    ['HTTPGetAction.host', () => http({ host: '127.0.0.1' }), ELSEWHERE, /^ok$/, ['/ 127.0.0.1 ']],
    ['HTTPGetAction.host, none: the pod', () => http({}), ELSEWHERE, /connection refused/, []],
    ['HTTPGetAction.scheme', () => http({ scheme: 'HTTPS', port: ports.https }), '127.0.0.1', /^ok$/, ['/ 127.0.0.1 ']],
    ['HTTPGetAction.scheme, another', () => http({ scheme: 'HTTPS' }), '127.0.0.1', /^Get "https:/, []],
    [
      'HTTPGetAction.httpHeaders: HTTPHeader.name and HTTPHeader.value',
      () =>
        http({
          httpHeaders: [
            { name: 'Host', value: 'other.example' },
            { name: 'X-Kind', value: 'probe' },
          ],
        }),
      '127.0.0.1',
      /^ok$/,
      ['/ other.example probe'],
    ],
    ['TCPSocketAction.port', () => ({ tcpSocket: { port: ports.tcp } }), '127.0.0.1', /^ok$/, []],
    ['TCPSocketAction.port, closed', () => ({ tcpSocket: { port: ports.none } }), '127.0.0.1', /refused/, []],
    ['TCPSocketAction.host', () => ({ tcpSocket: { port: ports.tcp, host: '127.0.0.1' } }), ELSEWHERE, /^ok$/, []],
    ['TCPSocketAction.host, none: the pod', () => ({ tcpSocket: { port: ports.tcp } }), ELSEWHERE, /refused/, []],
    ['GRPCAction.port', () => ({ grpc: { port: ports.grpc } }), '127.0.0.1', /^ok$/, ['/grpc.health.v1.Health/Check ']],
    ['GRPCAction.port, closed', () => ({ grpc: { port: ports.none } }), '127.0.0.1', /failed to connect/, []],
    [
      'GRPCAction.service',
      () => ({ grpc: { port: ports.grpc, service: 'ill' } }),
      '127.0.0.1',
      /NOT_SERVING/,
      ['/grpc.health.v1.Health/Check ill'],
    ],
    [
      'GRPCAction.service, a long one',
      () => ({ grpc: { port: ports.grpc, service: 's'.repeat(200) } }),
      '127.0.0.1',
      /^ok$/,
      [`/grpc.health.v1.Health/Check ${'s'.repeat(200)}`],
    ],
    [
      'Probe.timeoutSeconds',
      () => ({ exec: { command: ['x'] }, timeoutSeconds: 0.01 }),
      '127.0.0.1',
      /^command timed out: "x" timed out after 0.01s$/,
      [],
    ],
    ['no handler', () => ({}), '127.0.0.1', /^missing probe handler for c$/, []],
  ])('%s', async (_field, probe, podIP, result, expected) => {
    const found = await probed(probe(), podIP);
    expect(found.result).toMatch(result);
    expect(found.asked).toEqual(expected);
  });
});
