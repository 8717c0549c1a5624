import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse, ServerHttp2Stream } from 'node:http2';
import type { Writable } from 'node:stream';
import type { AuditEvent, Origin } from '../api/audit/contract.ts';
import type { Attributes, Credential, CredentialNotes, RequestContext, Trace, User } from '../api/contract.ts';
import { sourceIps } from './source-ips.ts';
import { Warnings } from './warnings.ts';

/** A client that takes nothing of its answer for so long holds its seat for nothing, ms (kube-apiserver's --request-timeout). */
const STALL_MS = 60_000;

export const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Node's own answer type of HTTP/2 has the methods of HTTP/1.1's, so one type serves both. */
export const asHttp1 = (
  req: IncomingMessage | Http2ServerRequest,
  res: ServerResponse | Http2ServerResponse,
): { req: IncomingMessage; res: ServerResponse } => ({
  req: req as IncomingMessage,
  res: res as unknown as ServerResponse,
});

/** The stream of an HTTP/2 request or answer, which loses it at its end; undefined for HTTP/1.1. */
export const streamOf = (
  one: IncomingMessage | Http2ServerRequest | ServerResponse | Http2ServerResponse,
): ServerHttp2Stream | undefined => ('stream' in one ? one.stream : undefined);

/** One request and its answer, and what the API wants to know of it. */
export class Exchange implements RequestContext, CredentialNotes {
  user: User = ANONYMOUS;
  impersonator?: User;
  credential?: Credential;
  /** a token says who asks, and nothing that a browser shows by itself */
  byToken = false;
  /** begun once it is known who asks (audit.ts) */
  audit?: AuditEvent;
  /** what credentials have told before it was begun */
  annotations?: [key: string, value: string][];
  /** begun once it is known who asks (tracing.ts) */
  trace?: Trace;
  /** kept by attributes.ts */
  asked?: { at: object; attributes: Attributes };
  readonly auditId: string;
  readonly pathname: string;
  /** with `?`, or empty */
  readonly search: string;
  /** uids for the X-Kubernetes-Pf-* headers */
  flow?: { schema: string; level: string };
  /** for metrics: what this was, once routed */
  label = { verb: '', group: '', version: '', resource: '', subresource: '', scope: '' };
  private warnings?: Warnings;
  private parameters?: URLSearchParams;
  private from?: Origin;
  private controller?: AbortController;

  constructor(
    readonly req: IncomingMessage,
    readonly res: ServerResponse,
  ) {
    const url = req.url ?? '/';
    const mark = url.indexOf('?');
    this.pathname = mark < 0 ? url : url.slice(0, mark);
    this.search = mark < 0 ? '' : url.slice(mark);
    const audit = req.headers['audit-id'];
    this.auditId =
      typeof audit === 'string' && audit.length <= 64 && /^[\x21-\x7e]+$/.test(audit) ? audit : randomUUID();
  }

  get method(): string {
    return this.req.method ?? 'GET';
  }
  get query(): URLSearchParams {
    return (this.parameters ??= new URLSearchParams(this.search));
  }
  /** An operation or a login token in the address of the GraphQL façade or of a page is not recorded, as no body of its requests is. */
  get origin(): Origin {
    return (this.from ??= this.readOrigin());
  }
  private readOrigin(): Origin {
    const { auditId, req, pathname, search } = this;
    const requestUri = search && /^\/(graphql|graphiql|dashboard)(\/|$)/.test(pathname) ? pathname : pathname + search;
    return { auditId, requestUri, sourceIps: sourceIps(req), userAgent: req.headers['user-agent'] ?? '' };
  }
  get agent(): string {
    const agent = this.req.headers['user-agent'];
    return agent ? agent.split('/', 1)[0]! : 'unknown';
  }
  /** Made when someone asks: most requests end before anyone would listen. */
  get signal(): AbortSignal {
    if (!this.controller) {
      const controller = (this.controller = new AbortController());
      if (this.gone) controller.abort();
      else this.res.once('close', () => controller.abort());
    }
    return this.controller.signal;
  }
  annotate(key: string, value: string): void {
    (this.annotations ??= []).push([key, value]);
  }
  warn(text: string): void {
    (this.warnings ??= new Warnings()).add(text);
  }
  header(name: string): string {
    const value = this.req.headers[name];
    return (Array.isArray(value) ? value.join(',') : value) ?? '';
  }

  /** Headers that every answer has. */
  commonHeaders(): Record<string, string | string[]> {
    const headers: Record<string, string | string[]> = {
      'Audit-Id': this.auditId,
      'Cache-Control': 'no-cache, private',
    };
    if (this.warnings?.values.length) headers['Warning'] = [...this.warnings.values];
    if (this.flow) {
      headers['X-Kubernetes-Pf-Flowschema-Uid'] = this.flow.schema;
      headers['X-Kubernetes-Pf-Prioritylevel-Uid'] = this.flow.level;
    }
    return headers;
  }

  private get stream(): ServerHttp2Stream | undefined {
    return streamOf(this.res);
  }
  /** The client has left, or the answer was cut. (HTTP/2 answers have no `destroyed` of their own, and lose their stream.) */
  get gone(): boolean {
    return this.req.httpVersionMajor === 2
      ? (this.stream?.destroyed ?? true)
      : this.res.destroyed || this.req.socket.destroyed;
  }
  /** Resolves when written bytes have gone out, or the client has. One that takes nothing for long is cut. */
  drained(out: Writable = this.res): Promise<void> {
    return new Promise((resolve) => {
      const stalled = setTimeout(() => this.res.destroy(), STALL_MS);
      const done = () => {
        clearTimeout(stalled);
        out.off('drain', done);
        this.res.off('close', done);
        resolve();
      };
      out.once('drain', done);
      this.res.once('close', done);
      if (this.gone) done();
    });
  }
  /** Bytes that were written and that the client has not taken yet. */
  pendingBytes(): number {
    return this.stream?.writableLength ?? this.res.writableLength ?? 0;
  }
}
