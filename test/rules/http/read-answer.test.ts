import { createServer, get, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { readAnswer } from '../../../src/rules/http/read-answer.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** What is read of at most ten bytes of what a server does. */
async function reading(serve: (response: ServerResponse) => void, most = 10): Promise<string> {
  server = createServer((_, response) => serve(response));
  await new Promise<void>((listening) => server!.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port }, (answer) => {
      readAnswer(answer, most, () => new Error('too large')).then((body) => resolve(body.toString()), reject);
    });
    request.on('error', reject);
  });
}

it.each(['', 'a', '1234567890'])('is all of %j', async (text) => {
  expect(await reading((response) => response.end(text))).toBe(text);
});

it('is put together of its pieces', async () => {
  const text = await reading((response) => {
    response.write('12345');
    setImmediate(() => response.end('67890'));
  });
  expect(text).toBe('1234567890');
});

it('that comes byte by byte is taken in turns', async () => {
  let turns = 0;
  let over = false;
  const count = (): void => {
    turns++;
    if (!over) setImmediate(count);
  };
  const length = 20_000;
  const text = await reading((response) => {
    const { socket } = response;
    socket?.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    socket?.end(`${'1\r\nx\r\n'.repeat(length)}0\r\n\r\n`);
    count();
  }, length);
  over = true;
  expect(text).toHaveLength(length);
  expect(turns).toBeGreaterThan(15);
});

it('is no more than was said, also where it never ends', async () => {
  await expect(reading((response) => response.end('12345678901'))).rejects.toThrow('too large');
  await expect(reading((response) => void response.write('12345678901'))).rejects.toThrow('too large');
});

it('is nothing where it breaks off', async () => {
  const broken = reading((response) => {
    response.writeHead(200, { 'content-length': 10 });
    response.write('12345', () => response.destroy());
  });
  await expect(broken).rejects.toThrow();
});
