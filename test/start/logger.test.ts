import { describe, expect, it } from 'vitest';
import { createLogger } from '../../src/start/logger.ts';
import { loggingSettings } from '../../src/start/logging-options.ts';
import { requestLines } from '../../src/start/request-lines.ts';

const AT = Date.parse('2026-01-02T03:04:05.678Z');
const lines = (format: 'text' | 'json') => {
  const written: string[] = [];
  return {
    written,
    log: createLogger(
      { format },
      (text) => written.push(text),
      () => AT,
    ),
  };
};

describe('a line', () => {
  it.each([
    ['without fields', undefined, 'went\n wrong', '2026-01-02T03:04:05.678Z went\n wrong\n'],
    ['with fields', { a: 1, b: { c: 'd' } }, 'm', '2026-01-02T03:04:05.678Z m {"a":1,"b":{"c":"d"}}\n'],
  ])('of text %s', (_, fields, message, wanted) => {
    const { written, log } = lines('text');
    log(message, fields);
    expect(written).toEqual([wanted]);
  });

  it.each([
    ['without fields', undefined, 'went\n wrong', { ts: AT, v: 0, msg: 'went\n wrong' }],
    ['with fields', { a: 1, b: { c: 'd' } }, 'm', { ts: AT, v: 0, msg: 'm', a: 1, b: { c: 'd' } }],
    ['whose fields have its own names', { msg: 'x', ts: 1 }, 'm', { ts: AT, v: 0, msg: 'm', msg_: 'x', ts_: 1 }],
  ])('of JSON %s is one line', (_, fields, message, wanted) => {
    const { written, log } = lines('json');
    log(message, fields);
    expect(written).toHaveLength(1);
    expect(written[0]!.trimEnd()).not.toContain('\n');
    expect(JSON.parse(written[0]!)).toEqual(wanted);
  });
});

it('a request is a line of its own', () => {
  const { written, log } = lines('json');
  const origin = {
    auditId: 'id',
    requestUri: '/api?limit=1',
    sourceIps: ['192.0.2.1', '10.0.0.1'],
    userAgent: 'kubectl',
  };
  requestLines(log)({ method: 'GET', origin, res: { statusCode: 200 } as never }, 1.23456);
  expect(JSON.parse(written[0]!)).toEqual({
    ts: AT,
    v: 0,
    msg: 'HTTP',
    verb: 'GET',
    URI: '/api?limit=1',
    latency: '1.235ms',
    userAgent: 'kubectl',
    'audit-ID': 'id',
    srcIP: '192.0.2.1',
    resp: 200,
  });
});

describe('options of logging', () => {
  it.each([
    [{}, { format: 'text', verbosity: 0 }],
    [{ 'logging-format': 'json' }, { format: 'json', verbosity: 0 }],
    [
      { 'log-format': 'json', v: '4' },
      { format: 'json', verbosity: 4 },
    ],
    [
      { 'log-format': 'text', 'logging-format': 'text', v: '=3' },
      { format: 'text', verbosity: 3 },
    ],
  ])('%j', (flags, wanted) => {
    expect(loggingSettings(flags)).toEqual(wanted);
  });

  it.each([
    [{ 'logging-format': 'xml' }, '--logging-format: xml is neither text nor json'],
    [{ 'logging-format': 'json', 'log-format': 'text' }, 'are one option'],
    [{ v: 'much' }, '-v: much is not a number'],
    [{ v: '-1' }, '-v: -1 is not a number'],
  ])('refuse %j', (flags, why) => {
    expect(() => loggingSettings(flags)).toThrow(why);
  });
});
