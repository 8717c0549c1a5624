import { X509Certificate } from 'node:crypto';
import { createServer, Agent, request as httpsRequest, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FrontProxyAgents } from '../../src/rest/aggregation/front-proxy-agents.ts';
import { makeCertificate } from '../../src/start/certificates.ts';
import { TestServer } from './support.ts';

let rest: TestServer;
beforeAll(async () => {
  rest = await TestServer.open();
});
afterAll(() => rest.close());

/** One request over the agent's connection: its answer's status, and the serial of the certificate that it was shown. */
function ask(
  agent: Agent,
  path = '/version',
): Promise<{ status: number | undefined; serial: string; socket: TLSSocket }> {
  return new Promise((resolve, reject) => {
    const req = httpsRequest({ ...rest.options(path), agent }, (res) => {
      const socket = res.socket as TLSSocket;
      const { serialNumber: serial } = socket.getPeerCertificate();
      res.resume();
      res.on('end', () => resolve({ status: res.statusCode, serial, socket }));
    });
    req.on('error', reject);
    req.end();
  });
}

describe('a certificate that is renewed while the server runs', () => {
  it('is shown to new connections, and those that there are go on', async () => {
    const [old, later] = [1, 2].map(() => new Agent({ keepAlive: true, maxCachedSessions: 0 }));
    const before = await ask(old!);
    const watch = await rest.open('/api/v1/namespaces?watch=1');
    const renewed = await makeCertificate({ commonName: 'kube-apiserver' }, rest.ca, ['127.0.0.1']);
    rest.server.show({ serving: renewed });

    const again = await ask(old!);
    expect(again).toMatchObject({ status: 200, serial: before.serial });
    expect(again.socket).toBe(before.socket);
    expect(await ask(later!)).toMatchObject({ status: 200, serial: new X509Certificate(renewed.cert).serialNumber });
    const first = new Promise<string>((resolve) => watch.once('data', (data: Buffer) => resolve(data.toString())));
    expect(await first).toContain('"ADDED"');
    watch.destroy();
    for (const agent of [old, later]) agent!.destroy();
  });

  it('still asks who connects for theirs', async () => {
    const client = await makeCertificate({ commonName: 'admin', organizations: ['system:masters'] }, rest.ca);
    rest.server.show({ serving: await makeCertificate({ commonName: 'kube-apiserver' }, rest.ca, ['127.0.0.1']) });
    expect((await rest.ask('/api/v1/namespaces', { client })).status).toBe(200);
    expect((await rest.ask('/api/v1/namespaces', { anonymous: true })).status).toBe(403);
  });
});

describe("the front proxy's certificate", () => {
  let remote: Server;
  let port: number;
  beforeAll(async () => {
    const serving = await makeCertificate({ commonName: 'remote' }, undefined, ['127.0.0.1']);
    remote = createServer({ ...serving, requestCert: true, rejectUnauthorized: false }, (req, res) =>
      res.end((req.socket as TLSSocket).getPeerX509Certificate()?.serialNumber),
    );
    await new Promise<void>((listening) => remote.listen(0, '127.0.0.1', listening));
    port = (remote.address() as AddressInfo).port;
  });
  afterAll(() => {
    remote.closeAllConnections();
    return new Promise((closed) => remote.close(closed));
  });

  it('is another for the next connection', async () => {
    const make = () => makeCertificate({ commonName: 'front-proxy-client' }, rest.frontProxyCA);
    const [first, second] = [await make(), await make()];
    const agents = new FrontProxyAgents(first);
    const shown = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const agent = agents.to({ insecureSkipTLSVerify: true } as never);
        httpsRequest({ host: '127.0.0.1', port, agent }, (res) => {
          let text = '';
          res.on('data', (data: Buffer) => (text += data.toString()));
          res.on('end', () => resolve(text));
        })
          .on('error', reject)
          .end();
      });
    expect(await shown()).toBe(new X509Certificate(first.cert).serialNumber);
    agents.show(second);
    expect(await shown()).toBe(new X509Certificate(second.cert).serialNumber);
    agents.close();
  });
});
