import type { Attributes, Trace } from '../api/contract.ts';
import type { Exchange } from './exchange.ts';

/** Begins traces of requests. */
export interface RequestTracer {
  /**
   * @param name of the span: the request's path, with placeholders for names
   * @param trusted whether the caller's own trace goes on, if it has one; of others it is only linked to
   * @returns undefined where the request is not sampled
   */
  begin(request: TracedRequest): RequestTrace | undefined;
}
export interface TracedRequest {
  name: string;
  method: string;
  target: string;
  auditId: string;
  /** the header, '' where there is none */
  traceparent: string;
  trusted: boolean;
}
export interface RequestTrace extends Trace {
  end(status: number): void;
}

/** Whose traces go on: anybody could ask for his requests to be sampled. Source: k8s.io/apiserver, endpoints/filters/traces.go. */
const TRUSTED = 'system:masters';

/** Begins the trace of a request whose caller is known, and ends it with the answer. */
export function traceRequest(tracer: RequestTracer, exchange: Exchange, attributes: Attributes): void {
  const { method, pathname, search, auditId, user, res } = exchange;
  const trace = tracer.begin({
    name: spanName(attributes, method),
    method,
    target: pathname + search,
    auditId,
    traceparent: exchange.header('traceparent'),
    trusted: user.groups.includes(TRUSTED),
  });
  if (!trace) return;
  exchange.trace = trace;
  res.once('close', () => trace.end(res.statusCode));
}

/** `/apis/apps/v1/namespaces/{:namespace}/deployments/{:name}`; the method of what is no resource. */
function spanName(attributes: Attributes, method: string): string {
  if (!('resource' in attributes)) return method;
  const { group, version = '', namespace, resource, name, subresource } = attributes;
  const parts = group ? ['/apis', group, version] : ['/api', version];
  if (namespace) parts.push('namespaces/{:namespace}');
  parts.push(resource);
  if (name) parts.push('{:name}');
  if (subresource) parts.push(subresource);
  return parts.join('/');
}
