import { once } from 'node:events';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { makeAuthority, makeCertificate } from '../../src/start/certificates.ts';

/** What a webhook says to a review: a body as JSON, or the whole answer. */
export type Say = (
  review: Record<string, unknown>,
  path: string,
) => object | { status: number; body: string; type?: string };

/** A webhook on a port of its own, whose answers a test gives. */
export class WebhookServer {
  private constructor(
    private readonly server: https.Server,
    /** base64 of PEM */
    readonly caBundle: string,
  ) {}

  static async open(say: Say): Promise<WebhookServer> {
    const authority = await makeAuthority('webhooks');
    const serving = await makeCertificate({ commonName: 'webhook' }, authority, ['127.0.0.1']);
    const server = https.createServer(serving, (request, response) => {
      void text(request).then((body) => {
        const answer = say(JSON.parse(body) as Record<string, unknown>, request.url ?? '');
        const whole = 'status' in answer && typeof answer.status === 'number' && 'body' in answer;
        const type = whole && 'type' in answer ? String(answer.type) : 'application/json';
        response.writeHead(whole ? (answer.status as number) : 200, { 'content-type': type });
        response.end(whole ? String(answer.body) : JSON.stringify(answer));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new WebhookServer(server, Buffer.from(authority.cert).toString('base64'));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
  get clientConfig(): { url: string; caBundle: string } {
    return { url: `https://127.0.0.1:${this.port}/`, caBundle: this.caBundle };
  }
  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    if (this.server.listening) await once(this.server, 'close');
  }
}
