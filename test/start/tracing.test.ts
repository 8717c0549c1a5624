import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { otlpTraces } from '../../src/start/otlp-traces.ts';
import { tracingSettings } from '../../src/start/tracing-options.ts';
import { the } from '../support/at.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const REQUEST = {
  name: '/api/v1/pods',
  method: 'GET',
  target: '/api/v1/pods',
  auditId: 'a',
  traceparent: '',
  trusted: false,
};

describe('a trace', () => {
  /** What is exported of one request. */
  async function traced(rate: number, request: Partial<typeof REQUEST>) {
    const exporter = new InMemorySpanExporter();
    // what was finished is gone when the exporter is shut down
    const spans: ReturnType<InMemorySpanExporter['getFinishedSpans']> = [];
    const kept = Object.assign(Object.create(exporter) as InMemorySpanExporter, {
      shutdown: () => {
        spans.push(...exporter.getFinishedSpans());
        return Promise.resolve();
      },
    });
    const tracing = otlpTraces({ samplingRatePerMillion: rate }, { instance: 'here', version: '1' }, kept);
    const trace = tracing.begin({ ...REQUEST, ...request });
    trace?.begin('Create postgres', { resource: 'pods' })();
    trace?.begin('Call mutating webhook')(new Error('secret words'));
    trace?.end(500);
    await tracing.close();
    return spans;
  }

  test('has the request and its parts, and no words of errors', async () => {
    const spans = await traced(1_000_000, {});
    expect(spans.map(({ name }) => name)).toEqual(['Create postgres', 'Call mutating webhook', '/api/v1/pods']);
    const request = the(spans[2]);
    for (const part of spans.slice(0, 2)) expect(part.parentSpanContext?.spanId).toBe(request.spanContext().spanId);
    expect(request.attributes).toEqual({
      'http.method': 'GET',
      'http.target': '/api/v1/pods',
      'audit-id': 'a',
      'http.status_code': 500,
    });
    expect(JSON.stringify(spans.map(({ status, events }) => [status, events]))).not.toContain('secret');
  });

  test.each([
    [0, `00-${TRACE}-${PARENT}-01`, true, 3, TRACE, 0],
    [0, `00-${TRACE}-${PARENT}-00`, true, 0, undefined, 0],
    [0, `00-${TRACE}-${PARENT}-01`, false, 0, undefined, 0],
    [1_000_000, `00-${TRACE}-${PARENT}-01`, false, 3, undefined, 1],
    [0, `00-${'0'.repeat(32)}-${PARENT}-01`, true, 0, undefined, 0],
    [0, 'nonsense', true, 0, undefined, 0],
    [0, '', true, 0, undefined, 0],
  ])(
    'at a rate of %d with traceparent %j, trusted %j, has %d spans',
    async (rate, traceparent, trusted, count, id, links) => {
      const spans = await traced(rate, { traceparent, trusted });
      expect(spans).toHaveLength(count);
      if (id) expect(new Set(spans.map((span) => span.spanContext().traceId))).toEqual(new Set([id]));
      expect(spans.at(-1)?.links.length ?? 0).toBe(links);
    },
  );
});

describe('--tracing-config-file', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'ku7s-tracing-'))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const read = (text: string) => {
    const file = path.join(folder, 'tracing.yaml');
    writeFileSync(file, text);
    return tracingSettings({ 'tracing-config-file': file });
  };
  const head = 'apiVersion: apiserver.config.k8s.io/v1\nkind: TracingConfiguration\n';

  test.each([
    [head, {}],
    [
      `${head}endpoint: collector:4317\nsamplingRatePerMillion: 100\n`,
      { endpoint: 'collector:4317', samplingRatePerMillion: 100 },
    ],
  ])('%j is taken', (text, settings) => expect(read(text)).toEqual(settings));

  test.each([
    ['apiVersion: v1\nkind: Pod\n', 'no kind "Pod" is registered'],
    [`${head}samplingRatePerMillion: -1\n`, 'sampling rate must be positive'],
    [`${head}samplingRatePerMillion: 1000001\n`, 'less than or equal to one million'],
    [`${head}samplingRatePerMillion: many\n`, 'unable to decode'],
    [`${head}endpoint: https://collector:4317\n`, 'unsupported scheme: https'],
  ])('%j is refused', (text, why) => expect(() => read(text)).toThrow(why));

  test('is not needed', () => expect(tracingSettings({})).toBeUndefined());
});
