import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MANIFEST_TYPE, type BuiltImage } from './image-archive.ts';

/** A request that the registry had. */
export interface Seen {
  method: string;
  url: string;
  authorization: string | undefined;
  range: string | undefined;
}
type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => boolean | Promise<boolean>;

/**
 * A registry in this process, by the distribution specification: what it has, and whatever a test wants it to do wrong.
 */
export class TestRegistry {
  readonly seen: Seen[] = [];
  /** by `repository@reference` */
  readonly manifests = new Map<string, { type: string; body: Buffer }>();
  readonly blobs = new Map<string, Buffer>();
  /** comes first; says whether it has answered */
  handle: Handler = () => false;
  /** host and port */
  host = '';
  private constructor(private readonly server: Server) {}

  static async open(): Promise<TestRegistry> {
    const server = createServer((request, response) => void registry.answer(request, response));
    const registry = new TestRegistry(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    registry.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    return registry;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  push(repository: string, tag: string, image: BuiltImage): void {
    for (const [digest, bytes] of image.blobs) this.blobs.set(digest, bytes);
    this.manifest(repository, [tag, image.manifestDigest], MANIFEST_TYPE, image.manifest);
  }

  manifest(repository: string, references: readonly string[], type: string, body: Buffer): void {
    for (const reference of references) this.manifests.set(`${repository}@${reference}`, { type, body });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `http://${this.host}`);
    const { authorization, range } = request.headers;
    this.seen.push({ method: request.method ?? '', url: request.url ?? '', authorization, range });
    if (await this.handle(request, response, url)) return;
    const [, repository = '', kind, reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(url.pathname) ?? [];
    const manifest = kind === 'manifests' ? this.manifests.get(`${repository}@${reference}`) : undefined;
    const blob = kind === 'blobs' ? this.blobs.get(reference) : undefined;
    if (manifest) response.writeHead(200, { 'content-type': manifest.type }).end(manifest.body);
    else if (blob) sendBlob(response, blob, range);
    else fail(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  }
}

export function fail(response: ServerResponse, status: number, code: string, message: string): true {
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify({ errors: [{ code, message }] }));
  return true;
}

export function sendBlob(response: ServerResponse, blob: Buffer, range: string | undefined): void {
  const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  if (range === undefined) response.writeHead(200, { 'content-length': blob.length }).end(blob);
  else
    response
      .writeHead(206, {
        'content-length': blob.length - start,
        'content-range': `bytes ${start}-${blob.length - 1}/${blob.length}`,
      })
      .end(blob.subarray(start));
}
