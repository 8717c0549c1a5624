import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Span,
  type SpanContext,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import type { RequestTrace, RequestTracer } from '../rest/tracing.ts';
import type { TracingSettings } from './tracing-options.ts';

/** Where collectors listen. */
const ENDPOINT = 'localhost:4317';

export interface Tracing extends RequestTracer {
  /** Resolves when what is there has been sent, or cannot be. */
  close(): Promise<void>;
}

/**
 * Traces requests and sends them to a collector by OTLP over gRPC, without TLS, as kube-apiserver does.
 * @param server `instance` is this one among others
 */
export function otlpTraces(
  { endpoint = ENDPOINT, samplingRatePerMillion: rate = 0 }: TracingSettings,
  { instance, version }: { instance: string; version: string },
  exporter: SpanExporter = new OTLPTraceExporter({ url: `http://${endpoint.replace(/^\w+:\/{2,3}/, '')}` }),
): Tracing {
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'apiserver', 'service.instance.id': instance }),
    sampler: new ParentBasedSampler({
      root: rate > 0 ? new TraceIdRatioBasedSampler(rate / 1_000_000) : new AlwaysOffSampler(),
    }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer('ku7s', version);
  return {
    begin({ name, method, target, auditId, traceparent, trusted }) {
      const from = contextOf(traceparent);
      const context = from && trusted ? trace.setSpanContext(ROOT_CONTEXT, from) : ROOT_CONTEXT;
      const span = tracer.startSpan(
        name,
        {
          kind: SpanKind.SERVER,
          attributes: { 'http.method': method, 'http.target': target, 'audit-id': auditId },
          ...(from && !trusted && { links: [{ context: from }] }),
        },
        context,
      );
      if (!span.isRecording()) return undefined;
      return requestTrace(span, (part, attributes) =>
        tracer.startSpan(part, { kind: SpanKind.INTERNAL, attributes }, trace.setSpan(ROOT_CONTEXT, span)),
      );
    },
    // a collector that is away does not keep the server from ending
    close: () => provider.shutdown().catch(() => undefined),
  };
}

const requestTrace = (
  span: Span,
  start: (name: string, attributes: Record<string, string | number>) => Span,
): RequestTrace => ({
  begin(name, attributes = {}) {
    const part = start(name, attributes);
    return (error) => {
      // the message may have what an object has: the kind of error is enough
      if (error !== undefined) part.setStatus({ code: SpanStatusCode.ERROR });
      part.end();
    };
  },
  end(status) {
    span.setAttribute('http.status_code', status);
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  },
});

/** Of the header `traceparent` (https://www.w3.org/TR/trace-context); undefined where it has none that counts. */
function contextOf(header: string): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = '0'] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(header) ?? [];
  const none = /^0*$/;
  if (none.test(traceId) || none.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}
