import { createServer as createHttp, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpClient, readBody } from '../../../../src/nodes/images/registry/http-client.ts';
import { proxyFor } from '../../../../src/nodes/images/registry/http-proxy.ts';
import { makeCertificate } from '../../../../src/start/certificates.ts';

describe('the proxy of a URL', () => {
  const environment = {
    HTTPS_PROXY: 'http://secure.example:3128',
    HTTP_PROXY: 'plain.example:3129',
    NO_PROXY: 'direct.example, .below.example,*.star.example,10.0.0.0/8,192.0.2.7,port.example:5000,fd00::/8',
  };
  it.each([
    ['https://registry.example/v2/', 'http://secure.example:3128/'],
    ['http://registry.example/v2/', 'http://plain.example:3129/'],
    ['https://direct.example/', undefined],
    ['https://a.direct.example/', undefined],
    ['https://indirect.example/', 'http://secure.example:3128/'],
    ['https://a.below.example/', undefined],
    ['https://below.example/', 'http://secure.example:3128/'],
    ['https://a.star.example/', undefined],
    ['https://star.example/', 'http://secure.example:3128/'],
    ['https://10.1.2.3:5000/', undefined],
    ['https://11.1.2.3/', 'http://secure.example:3128/'],
    ['https://192.0.2.7/', undefined],
    ['https://[fd00::1]/', undefined],
    ['https://[2001:db8::1]/', 'http://secure.example:3128/'],
    ['https://port.example:5000/', undefined],
    ['https://port.example/', 'http://secure.example:3128/'],
    ['http://localhost:5000/', undefined],
    ['https://127.0.0.1/', undefined],
    ['https://[::1]/', undefined],
  ])('%s: %s', (url, proxy) => expect(proxyFor(new URL(url), environment)?.href).toBe(proxy));

  it('is none where nothing is said, or all is to be direct', () => {
    const url = new URL('https://registry.example/');
    expect(proxyFor(url, {})).toBeUndefined();
    expect(proxyFor(url, { ...environment, NO_PROXY: '*' })).toBeUndefined();
  });

  it('is what the lower case says, before the upper', () => {
    const proxy = proxyFor(new URL('https://registry.example/'), { ...environment, https_proxy: 'http://low.example' });
    expect(proxy?.host).toBe('low.example');
  });

  it('that nobody knows how to use is an error that does not repeat it', () => {
    const given = { HTTPS_PROXY: 'socks5://user:word@proxy.example' };
    expect(() => proxyFor(new URL('https://registry.example/'), given)).toThrow(/^(?!.*word).*proxy/);
  });
});

describe('a request through a proxy', () => {
  const open: Server[] = [];
  afterEach(() => {
    for (const server of open.splice(0)) server.closeAllConnections();
  });
  const listen = async (server: Server): Promise<number> => {
    open.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  /** A proxy, and what it was asked. */
  const proxyTo = async (port: number, status = 200) => {
    const asked: string[] = [];
    const note = (method: string, target: string, authorization: string | undefined): void =>
      void asked.push(`${method} ${target} ${authorization ?? ''}`.trim());
    const server = createHttp((request, to) => {
      note(request.method ?? '', request.url ?? '', request.headers['proxy-authorization']);
      to.end('by the proxy');
    });
    server.on('connect', (request, socket) => {
      note('CONNECT', request.url ?? '', request.headers['proxy-authorization']);
      if (status !== 200) return void socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      const target = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        target.pipe(socket).pipe(target);
      });
      for (const each of [target, socket]) each.on('error', () => undefined);
    });
    return { port: await listen(server), asked };
  };
  const trust = { skipVerify: false };
  const { signal } = new AbortController();

  it('of TLS goes through a tunnel, and the registry proves who it is', async () => {
    const { cert, key, ca } = await certificate('registry.example');
    const told: (string | undefined)[] = [];
    const registry = createHttps({ cert, key }, (request, to) => {
      told.push(request.headers['proxy-authorization']);
      to.end('of the registry');
    });
    const proxy = await proxyTo(await listen(registry as unknown as Server));
    const client = new HttpClient({ HTTPS_PROXY: `http://joe:a%20b@127.0.0.1:${proxy.port}` });
    const url = new URL('https://registry.example/v2/');
    const answer = await client.send(url, { headers: {} }, { ...trust, ca }, signal);
    expect((await readBody(answer, 1000)).toString()).toBe('of the registry');
    const basic = Buffer.from('joe:a b').toString('base64');
    expect(proxy.asked).toEqual([`CONNECT registry.example:443 Basic ${basic}`]);
    expect(told).toEqual([undefined]);
    await expect(client.send(url, { headers: {} }, trust, signal)).rejects.toThrow(/certificate|signed/);
    client.close();
  });

  it('without TLS asks the proxy for the whole URL', async () => {
    const proxy = await proxyTo(0);
    const client = new HttpClient({ HTTP_PROXY: `127.0.0.1:${proxy.port}` });
    const answer = await client.send(new URL('http://registry.example:5000/v2/x?y=z'), { headers: {} }, trust, signal);
    expect((await readBody(answer, 1000)).toString()).toBe('by the proxy');
    expect(proxy.asked).toEqual(['GET http://registry.example:5000/v2/x?y=z']);
    client.close();
  });

  it('that the proxy refuses says so', async () => {
    const proxy = await proxyTo(0, 403);
    const client = new HttpClient({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });
    const asked = client.send(new URL('https://registry.example/'), { headers: {} }, trust, signal);
    await expect(asked).rejects.toThrow('refuses to connect to registry.example:443: 403');
    client.close();
  });
});

/** Of an authority of its own. */
async function certificate(host: string): Promise<{ cert: string; key: string; ca: string }> {
  const made = await makeCertificate({ commonName: host }, undefined, [host]);
  return { cert: made.cert, key: made.key, ca: made.cert };
}
