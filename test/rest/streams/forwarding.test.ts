import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestServer, TOKEN } from '../support.ts';

/** A target that keeps what arrives, byte by byte, and answers what the test says, when a head has come. */
class RawTarget {
  readonly sockets: Socket[] = [];
  readonly received: string[] = [];
  answer: (socket: Socket, text: string, n: number) => void = () => undefined;
  private constructor(readonly server: Server) {
    server.on('connection', (socket) => {
      const n = this.sockets.push(socket) - 1;
      this.received.push('');
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        this.received[n] += chunk.toString('latin1');
        this.answer(socket, this.received[n] ?? '', n);
      });
    });
  }
  static async open(): Promise<RawTarget> {
    const target = new RawTarget(createServer());
    target.server.listen(0, '127.0.0.1');
    await once(target.server, 'listening');
    return target;
  }
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

let server: TestServer;
let target: RawTarget;
beforeAll(async () => {
  server = await TestServer.open();
  server.test.api.connect = async (_ctx, _target, { path = '/', search = '' }) => ({
    url: new URL(`http://127.0.0.1:${target.port}${path}${search}`),
    address: '127.0.0.1',
    secure: false,
    hold: () => () => undefined,
  });
});
beforeEach(async () => {
  target?.close();
  target = await RawTarget.open();
});
afterAll(async () => {
  target.close();
  await server.close();
});

const PROXY = '/api/v1/namespaces/t/pods/web/proxy';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Sends text as it is over a connection of its own. */
async function raw(...texts: string[]): Promise<TLSSocket> {
  const socket = connectTls({ host: '127.0.0.1', port: server.port, ca: server.ca.cert, ALPNProtocols: ['http/1.1'] });
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  for (const text of texts) socket.write(text);
  return socket;
}
const head = (method: string, path: string, ...headers: string[]): string =>
  [`${method} ${path} HTTP/1.1`, 'Host: api.example', `Authorization: Bearer ${TOKEN}`, ...headers, '', ''].join(
    '\r\n',
  );

/** What the client reads until `done`. */
async function read(socket: TLSSocket, done: (text: string) => boolean): Promise<string> {
  let text = '';
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    text += chunk.toString('latin1');
    if (done(text)) break;
  }
  return text;
}
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';

describe('a body', () => {
  it.each(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'POST', 'PUT', 'PATCH'])(
    'of a %s goes on whole, framed as it was, and nothing of it is a request of its own',
    async (method) => {
      target.answer = (socket, text) => text.endsWith(SMUGGLED) && socket.write(OK);
      const socket = await raw(head(method, `${PROXY}/a`, `Content-Length: ${SMUGGLED.length}`), SMUGGLED);
      expect(await read(socket, (text) => text.includes('\r\n\r\n'))).toMatch(/^HTTP\/1.1 200/);
      expect(target.received[0]).toMatch(
        new RegExp(`^${method} /a HTTP/1.1\r\n[^]*content-length: ${SMUGGLED.length}\r\n`),
      );
      expect(target.received[0]?.split('\r\n\r\n')[1]).toBe('GET /smuggled HTTP/1.1\r\nHost: x');
      socket.destroy();
    },
  );

  it.each(['GET', 'DELETE', 'POST'])('of a %s without a length is chunked', async (method) => {
    target.answer = (socket, text) => text.endsWith('0\r\n\r\n') && socket.write(OK);
    const socket = await raw(head(method, `${PROXY}/a`, 'Transfer-Encoding: chunked'), '5\r\nhello\r\n0\r\n\r\n');
    expect(await read(socket, (text) => text.endsWith('ok'))).toMatch(/^HTTP\/1.1 200/);
    expect(target.received[0]).toMatch(/\r\ntransfer-encoding: chunked\r\n/);
    expect(target.received[0]).not.toMatch(/content-length/i);
    socket.destroy();
  });

  it('whose length the client wants to be dropped has one all the same', async () => {
    target.answer = (socket, text) => text.endsWith('hello') && socket.write(OK);
    const lines = ['Content-Length: 5', 'Connection: content-length, close'];
    const socket = await raw(head('GET', `${PROXY}/a`, ...lines), 'hello');
    expect(await read(socket, (text) => text.endsWith('ok'))).toMatch(/^HTTP\/1.1 200/);
    expect(target.received[0]).toMatch(/\r\ncontent-length: 5\r\n/);
    socket.destroy();
  });

  it('that a target may not read is the last on its connection', async () => {
    target.answer = (socket) => socket.write(OK);
    const socket = await raw(head('GET', `${PROXY}/a`, 'Content-Length: 5'), 'hello');
    await read(socket, (text) => text.endsWith('ok'));
    expect((await server.ask(`${PROXY}/b`)).text).toBe('ok');
    expect(target.received.length).toBe(2);
    expect(target.received[1]).toMatch(/^GET \/b /);
    // without a body the connection is kept
    expect((await server.ask(`${PROXY}/c`)).text).toBe('ok');
    expect(target.received[1]).toMatch(/GET \/c /);
    socket.destroy();
  });

  it('that the client does not finish is the end of the request at the target', async () => {
    const begun = new Promise<Socket>((resolve) => {
      target.answer = (socket, text) => text.endsWith('half') && resolve(socket);
    });
    const socket = await raw(head('POST', `${PROXY}/a`, 'Content-Length: 100'), 'half');
    const atTarget = await begun;
    const closed = once(atTarget, 'close');
    socket.destroy();
    await closed;
  });

  it('of HTTP/2 has a frame too', async () => {
    target.answer = (socket, text) => /hello(\r\n0\r\n\r\n)?$/.test(text) && socket.write(OK);
    const session = connectHttp2(server.url, { ca: server.ca.cert });
    const ask = async (headers: Record<string, string>, body?: string): Promise<void> => {
      const stream = session.request(
        { ':path': `${PROXY}/a`, authorization: `Bearer ${TOKEN}`, ...headers },
        { endStream: false },
      );
      stream.end(body);
      const [answer] = (await once(stream, 'response')) as [{ ':status': number }];
      stream.resume();
      await once(stream, 'close');
      expect(answer[':status']).toBe(200);
    };
    await ask({ ':method': 'DELETE' }, 'hello');
    await ask({ ':method': 'DELETE', 'content-length': '5' }, 'hello');
    expect(target.received[0]).toMatch(/\r\ntransfer-encoding: chunked\r\n/);
    expect(target.received[1]).toMatch(/\r\ncontent-length: 5\r\n/);
    session.close();
  });

  it.each([
    ['Content-Length: 5', 'Content-Length: 6'],
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked, identity', 'X: y'],
    ['Content-Length: +5', 'X: y'],
  ])('that says two things of its end is refused: %s, %s', async (...lines) => {
    const socket = await raw(head('POST', `${PROXY}/a`, ...lines), '0\r\n\r\n');
    expect(await read(socket, (text) => text.includes('\r\n\r\n'))).toMatch(/^HTTP\/1.1 400/);
    expect(target.received).toEqual([]);
    socket.destroy();
  });

  it('is refused beside a request for another protocol', async () => {
    const lines = ['Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 5'];
    const socket = await raw(head('GET', `${PROXY}/a`, ...lines), 'hello');
    expect(await read(socket, (text) => text.includes('no body'))).toMatch(/^HTTP\/1.1 400/);
    expect(target.received).toEqual([]);
    socket.destroy();
  });
});

describe('what a target is told', () => {
  it('is the request without what the caller has shown to us', async () => {
    target.answer = (socket) => socket.write(OK);
    const shown = [
      'X-Remote-User: admin',
      'X-Forwarded-For: 192.0.2.1',
      'Cookie: __Host-ku7s_session=secret; a=1',
      'X-Own: yes',
    ];
    const socket = await raw(head('GET', `${PROXY}/a?path=own&b=%20`, ...shown));
    await read(socket, (text) => text.endsWith('ok'));
    socket.destroy();
    const [line, ...lines] = (target.received[0] ?? '').toLowerCase().trim().split('\r\n');
    expect(line).toBe('get /a?path=own&b=%20 http/1.1');
    expect(lines.sort()).toEqual([
      'connection: keep-alive',
      'cookie: a=1',
      'host: api.example',
      'x-forwarded-for: 192.0.2.1, 127.0.0.1',
      `x-forwarded-uri: ${PROXY}/a`,
      'x-own: yes',
    ]);
  });

  it('leads nowhere but to the address that was checked', async () => {
    target.answer = (socket) => socket.write(OK);
    const { connect } = server.test.api;
    server.test.api.connect = async (...args) => {
      const to = await connect(...args);
      return { ...to, url: new URL(to.url.href.replace('127.0.0.1', 'moves.example')) };
    };
    expect((await server.ask(`${PROXY}/a`)).text).toBe('ok');
    server.test.api.connect = connect;
  });
});

describe('what a target answers', () => {
  const answered = async (text: string) => {
    target.answer = (socket) => socket.end(text);
    return server.ask(`${PROXY}/a`);
  };

  it('has nothing of what is between it and us', async () => {
    const lines = [
      'Connection: close, X-Hop',
      'X-Hop: 1',
      'Set-Cookie: __Host-ku7s_session=forged; Path=/',
      'X-Own: yes',
    ];
    const { status, headers } = await answered(`HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`);
    expect([status, headers['x-own'], headers['x-hop'], headers['set-cookie']]).toEqual([
      200,
      'yes',
      undefined,
      undefined,
    ]);
  });

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['nothing', ''],
    ['a head that never ends', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`],
    [
      'another protocol than was asked for',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
    ],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok'],
  ])('is 503 where it is %s', async (_why, text) => {
    const { status, body } = await answered(text);
    expect([status, body.reason]).toEqual([503, 'ServiceUnavailable']);
    expect(body.message).toMatch(/^error trying to reach service: /);
  });

  it('is cut where it is cut, and not made whole', async () => {
    const cut = answered('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    await expect(cut).rejects.toThrow();
  });

  it('is waited for as long as the client likes, and no longer', async () => {
    const begun = new Promise<Socket>((resolve) => (target.answer = resolve));
    const socket = await raw(head('GET', `${PROXY}/slow`));
    const closed = once(await begun, 'close');
    socket.destroy();
    await closed;
  });

  it('is read no faster than the client reads it', async () => {
    let written = 0;
    const piece = Buffer.alloc(1 << 20);
    const stopped = new Promise<void>((resolve) => {
      target.answer = (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n');
        const more = () => {
          written += piece.length;
          if (socket.write(piece)) setImmediate(more);
          else {
            // what is not taken within many turns of the loop is not taken
            const timer = setTimeout(resolve, 1000);
            socket.once('drain', () => (clearTimeout(timer), more()));
          }
        };
        more();
      };
    });
    const socket = await raw();
    socket.pause();
    socket.write(head('GET', `${PROXY}/big`));
    await stopped;
    expect(written).toBeLessThan(200 << 20);
    socket.destroy();
  });
});

describe('another protocol', () => {
  const ask = head('GET', `${PROXY}/ws`, 'Connection: Upgrade', 'Upgrade: websocket');

  it('is joined when it is the one that was asked for', async () => {
    target.answer = (socket, text) => {
      if (text.endsWith('\r\n\r\n')) {
        socket.write(
          'HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nSet-Cookie: __Host-ku7s_session=forged\r\nX-Own: yes\r\n\r\nhello',
        );
      }
    };
    const socket = await raw(ask);
    const answer = await read(socket, (text) => text.includes('hello'));
    expect(answer).toMatch(/^HTTP\/1.1 101 /);
    expect(answer).toMatch(/\r\nx-own: yes\r\n/);
    expect(answer).not.toMatch(/__Host-ku7s_session/);
    const closed = once(target.sockets[0]!, 'close');
    socket.destroy();
    await closed;
  });

  it.each([
    ['SPDY/3.1', 503],
    ['websocket, h2c', 503],
    ['', 500],
  ])('is refused when it is %j', async (upgrade, code) => {
    target.answer = (socket) =>
      socket.write(`HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\nhello`);
    const socket = await raw(ask);
    expect(await read(socket, (text) => text.includes('"code":'))).toMatch(`HTTP/1.1 ${code} `);
    socket.destroy();
  });
});

it('redirects to the slash only who may ask', async () => {
  const { connect } = server.test.api;
  server.test.api.connect = () => Promise.reject(Object.assign(new Error('no'), { code: 'refused' }));
  expect((await server.ask(PROXY)).status).toBe(500);
  server.test.api.connect = connect;
  const { status, headers } = await server.ask(`${PROXY}?a=b`);
  expect([status, headers.location]).toEqual([301, `${PROXY}/?a=b`]);
  expect(target.received).toEqual([]);
});
