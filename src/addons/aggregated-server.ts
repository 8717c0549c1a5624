import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { internalError, isStatusError } from '../meta/status.ts';
import { FRONT_PROXY } from '../rules/front-proxy.ts';
import { SERVER_TLS } from '../rules/server-tls.ts';
import type { ServingCertificate } from './addon.ts';
import { boundHandshakes } from './bounded-handshakes.ts';
import type { ApiDocuments, Document } from './openapi/api-documents.ts';

/** Connections, and those among them that have not done their handshake: pods reach the port too. */
const MAX_CONNECTIONS = 256;
const MAX_HANDSHAKES = 128;
/** ms for a handshake, and for the head of a request */
const HANDSHAKE_MS = 10_000;
const REQUEST_MS = 30_000;

/** What is asked, without transport. */
export interface Question {
  method: string;
  /** path and query */
  url: string;
  accept: string;
}

/**
 * Path and query of a question as they are written, which is how they were authorised: to read them as a URL resolves
 * `..` and turns `\`, and so leads into another namespace.
 */
export function partsOf({ url }: Pick<Question, 'url'>): { path: string; query: URLSearchParams } {
  const [path = '', text = ''] = url.split(/\?(.*)/s);
  return { path, query: new URLSearchParams(text) };
}

/** An HTTP API that only reads. */
export interface AggregatedApi {
  /** what it says of itself as OpenAPI */
  readonly documents: ApiDocuments;
  /** The document that is answered. @throws StatusError */
  answer(question: Question): object;
}

/**
 * Serves an API to the API server alone, which has authorised who asks: whoever has no certificate of the front proxy's
 * authority is not connected.
 */
export class AggregatedServer {
  private readonly server: Server;

  constructor(
    private readonly api: AggregatedApi,
    { cert, key, clientCA }: ServingCertificate,
    private readonly log: (message: string, fields?: Record<string, unknown>) => void,
  ) {
    const tls = { ...SERVER_TLS, cert, key, ca: clientCA, requestCert: true, rejectUnauthorized: true };
    this.server = createServer({ ...tls, handshakeTimeout: HANDSHAKE_MS }, (request, response) =>
      this.serve(request, response),
    );
    this.server.maxConnections = MAX_CONNECTIONS;
    boundHandshakes(this.server, MAX_HANDSHAKES);
    this.server.headersTimeout = REQUEST_MS;
    this.server.requestTimeout = REQUEST_MS;
    this.server.on('tlsClientError', (_, socket) => socket.destroy());
  }

  /** @returns the free port on which it listens */
  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(0, '0.0.0.0', resolve);
    });
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    const { subject }: Partial<PeerCertificate> = (request.socket as TLSSocket).getPeerCertificate();
    if (!FRONT_PROXY.allowedNames.some((name) => name === subject?.CN)) {
      response.writeHead(401).end();
      return;
    }
    const { method = 'GET', url = '/', headers } = request;
    const { path, query } = partsOf({ url });
    const document = method === 'GET' ? this.api.documents.at(path) : undefined;
    if (document) {
      sendDocument(response, document, { path, asked: query.get('hash'), known: headers['if-none-match'] });
      return;
    }
    try {
      send(response, 200, this.api.answer({ method, url, accept: headers.accept ?? '' }));
    } catch (error) {
      if (!isStatusError(error)) this.log('a request failed', { url, error: String(error) });
      const status = isStatusError(error) ? error : internalError(String(error));
      send(response, status.code, status.status);
    }
  }
}

function send(response: ServerResponse, code: number, document: object): void {
  const body = Buffer.from(`${JSON.stringify(document)}\n`);
  response.writeHead(code, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
}

/** As kube-openapi's handlers: one that is asked for by its hash stays what it is, and the hash of another leads to it. */
function sendDocument(
  response: ServerResponse,
  { text, hash }: Document,
  { path, asked, known }: { path: string; asked: string | null; known: string | undefined },
): void {
  const etag = `"${hash}"`;
  const headers = { etag, vary: 'Accept', 'content-type': 'application/json' };
  if (asked && asked !== hash) response.writeHead(301, { location: `${path}?hash=${hash}` }).end();
  else if (known === etag) response.writeHead(304, headers).end();
  else response.writeHead(200, { ...headers, ...(asked && { 'cache-control': 'public, immutable' }) }).end(text);
}
