import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BODY_TIMEOUT_MS, BodyBytes, MAX_BODY, readRequestBody } from '../../../src/rules/http/request-body.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const request = (headers = {}): PassThrough & IncomingMessage =>
  Object.assign(new PassThrough(), { headers }) as unknown as PassThrough & IncomingMessage;
const read = (req: IncomingMessage, onTheWay = new BodyBytes(), user = 'u'): Promise<string> =>
  readRequestBody(req, { user, onTheWay, tooLarge: (limit) => new Error(`more than ${limit}`) }).then(String);
const flowed = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a request body', () => {
  test('is what has come when it ends', async () => {
    const req = request();
    const body = read(req);
    req.write('a');
    req.end('b');
    expect(await body).toBe('ab');
  });

  test.each([
    ['announced', { 'content-length': String(MAX_BODY + 1) }, 0],
    ['sent', {}, MAX_BODY + 1],
  ])('is refused where more is %s than is taken', async (_, headers, bytes) => {
    const req = request(headers);
    const body = read(req);
    if (bytes) req.write(Buffer.alloc(bytes));
    await expect(body).rejects.toThrow(`more than ${MAX_BODY}`);
  });

  test('is given up when nothing comes, and when it trickles for too long', async () => {
    const [silent, slow] = [read(request()), request()];
    const trickling = read(slow);
    const given: string[] = [];
    void silent.catch(() => given.push('silent'));
    void trickling.catch(() => given.push('trickling'));
    for (let ms = 0; ms < BODY_TIMEOUT_MS; ms += 10_000) {
      slow.write('.');
      await flowed();
      expect(given).toEqual(ms >= 30_000 ? ['silent'] : []);
      vi.advanceTimersByTime(10_000);
    }
    await expect(trickling).rejects.toMatchObject({ code: 400 });
    await expect(silent).rejects.toMatchObject({ code: 400 });
  });

  test('is refused with 429 where its user has too many on the way, which are nobody else’s', async () => {
    const onTheWay = new BodyBytes(10);
    const [one, two, others, later] = [request(), request(), request(), request()];
    const first = read(one, onTheWay);
    one.write('12345678');
    await flowed();
    const second = read(two, onTheWay);
    two.write('123');
    await expect(second).rejects.toMatchObject({ code: 429, status: { details: { retryAfterSeconds: 1 } } });
    others.end('123');
    expect(await read(others, onTheWay, 'somebody else')).toBe('123');
    one.end();
    expect(await first).toBe('12345678');
    later.end('1234567890');
    expect(await read(later, onTheWay)).toBe('1234567890');
  });
});
