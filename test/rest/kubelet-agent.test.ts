import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NodeDialer } from '../../src/rest/streams/dial.ts';
import { makeAuthority, makeCertificate, type KeyPair } from '../../src/start/certificates.ts';
import { certificate } from './certificate.ts';

const HERE = ['127.0.0.1'];
let ca: KeyPair;
let client: KeyPair;
let dialer: NodeDialer;
const open: Server[] = [];
beforeAll(async () => {
  ca = await makeAuthority('kubernetes');
  client = await makeCertificate({ commonName: 'kube-apiserver-kubelet-client' }, ca);
  dialer = new NodeDialer({ ...client, ca: ca.cert });
});
afterAll(() => dialer.close());
afterEach(() => {
  for (const server of open.splice(0)) server.closeAllConnections();
});

/** A server that says what certificates it is shown, and what it is asked. */
async function target(serving: KeyPair, maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3') {
  const shown: unknown[] = [];
  const asked: string[] = [];
  const options = { ...serving, maxVersion, requestCert: true, rejectUnauthorized: false };
  const server = createServer(options, (req, res) => {
    asked.push(String(req.url));
    res.end('yes');
  });
  server.on('secureConnection', (socket: TLSSocket) => shown.push(socket.getPeerCertificate().subject?.CN));
  server.listen(0, '127.0.0.1');
  open.push(server);
  await once(server, 'listening');
  return { shown, asked, port: (server.address() as AddressInfo).port };
}

/** Status of the answer, or why there is none. */
const dial = (port: number, kubelet?: string): Promise<number | string> =>
  new Promise((resolve) => {
    const url = new URL(`https://127.0.0.1:${port}/pods`);
    const to = { url, address: '127.0.0.1', secure: true, ...(kubelet && { kubelet }) };
    const request = dialer.request(to, 'GET', {});
    request.on('response', (answer) => answer.resume().on('end', () => resolve(answer.statusCode ?? 0)));
    request.on('error', (error) => resolve(error.message));
    request.end();
  });

const node = (name: string, authority: KeyPair | undefined, hosts = HERE): Promise<KeyPair> =>
  makeCertificate({ commonName: `system:node:${name}`, organizations: ['system:nodes'] }, authority, hosts);
/** One of the test's own making has no names; what else is wrong with it is said first. */
const strange = (from: number, until: number): Promise<KeyPair> =>
  certificate(
    { name: [{ O: ['system:nodes'] }, { CN: ['system:node:n1'] }], usages: ['1.3.6.1.5.5.7.3.1'], from, until },
    ca,
  );

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('over %s a kubelet', (version) => {
  it('that proves which node it is sees the certificate for kubelets', async () => {
    const { port, shown, asked } = await target(await node('n1', ca), version);
    expect(await dial(port, 'n1')).toBe(200);
    expect([shown, asked]).toEqual([['kube-apiserver-kubelet-client'], ['/pods']]);
  });

  it.each<[string, () => Promise<KeyPair>, string]>([
    ['signed by itself', () => node('n1', undefined), 'x509: certificate signed by unknown authority'],
    [
      'of another authority',
      async () => node('n1', await makeAuthority('other')),
      'x509: certificate signed by unknown authority',
    ],
    [
      'of an authority by the same name',
      async () => node('n1', await makeAuthority('kubernetes')),
      'x509: certificate signed by unknown authority',
    ],
    ['of another node', () => node('n2', ca), 'x509: certificate is of "system:node:n2"'],
    [
      'of no node',
      () => makeCertificate({ commonName: 'system:node:n1' }, ca, HERE),
      'x509: certificate is of "system:node:n1"',
    ],
    [
      'of the API server',
      () => makeCertificate({ commonName: 'kube-apiserver' }, ca, HERE),
      'x509: certificate is of "kube-apiserver"',
    ],
    ['for clients', () => node('n1', ca, []), 'x509: certificate signed by unknown authority'],
    ['for another address', () => node('n1', ca, ['127.0.0.2', 'n1']), 'x509: certificate is not valid for 127.0.0.1'],
    ['that is over', () => strange(-3600, -60), 'x509: certificate has expired or is not yet valid'],
    ['that is not good yet', () => strange(600, 3600), 'x509: certificate has expired or is not yet valid'],
  ])('with a certificate %s sees none, and no request', async (_, make, why) => {
    const { port, shown, asked } = await target(await make(), version);
    expect(await dial(port, 'n1')).toBe(`kubelet of node "n1": ${why}`);
    expect([shown.filter(Boolean), asked]).toEqual([[], []]);
  });
});

it('a connection on which one node has proved itself serves no other', async () => {
  const { port, asked } = await target(await node('n1', ca));
  expect(await dial(port, 'n1')).toBe(200);
  expect(await dial(port, 'n2')).toBe('kubelet of node "n2": x509: certificate is of "system:node:n1"');
  expect(await dial(port, 'n1')).toBe(200);
  expect(asked).toHaveLength(2);
});

it('other targets see nothing, whatever they show', async () => {
  const { port, shown } = await target(await node('n1', ca));
  expect(await dial(port)).toBe(200);
  expect(shown).toEqual([undefined]);
});
