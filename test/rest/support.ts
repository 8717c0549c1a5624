import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ApiOptions } from '../../src/api/api.ts';
import { createRestServer, type RestOptions, type RestServer } from '../../src/rest/server.ts';
import { makeAuthority, makeCertificate, type KeyPair } from '../../src/start/certificates.ts';
import { TestApi } from '../api/support.ts';

export const TOKEN = 'admin-token';

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  raw: Buffer;
  text: string;
  body: any;
}
export interface Ask {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: unknown;
  client?: KeyPair;
  anonymous?: boolean;
}

/** A REST server over an API with a database of its own. */
export class TestServer {
  private constructor(
    readonly test: TestApi,
    readonly ca: KeyPair,
    readonly kubelet: KeyPair,
    readonly frontProxyCA: KeyPair,
    readonly port: number,
    readonly server: RestServer,
    readonly close: (graceMs?: number) => Promise<void>,
  ) {}

  static async open(options: Partial<RestOptions> = {}, api: Partial<ApiOptions> = {}): Promise<TestServer> {
    const test = await TestApi.open({ staticTokens: `${TOKEN},admin,1,"system:masters"`, ...api });
    const [ca, frontProxyCA] = await Promise.all([makeAuthority('test'), makeAuthority('front-proxy-ca')]);
    const [serving, frontProxy, kubelet] = await Promise.all([
      makeCertificate({ commonName: 'kube-apiserver' }, ca, ['127.0.0.1']),
      makeCertificate({ commonName: 'front-proxy-client' }, frontProxyCA),
      makeCertificate({ commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'] }, ca),
    ]);
    const server = createRestServer({
      api: test.api,
      tls: { ...serving, clientCA: ca.cert, frontProxyCA: frontProxyCA.cert },
      kubeletClient: kubelet,
      frontProxy,
      ...options,
    });
    const { port } = await server.listen(0, '127.0.0.1');
    let closing: Promise<void> | undefined;
    return new TestServer(
      test,
      ca,
      kubelet,
      frontProxyCA,
      port,
      server,
      (graceMs = 100) => (closing ??= server.close(graceMs).then(() => test.close())),
    );
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  options(path: string, { method = 'GET', headers = {}, client, anonymous }: Ask = {}): RequestOptions {
    return {
      host: '127.0.0.1',
      port: this.port,
      path,
      method,
      ca: this.ca.cert,
      agent: false,
      ...(client && { key: client.key, cert: client.cert }),
      headers: { ...(!client && !anonymous && { authorization: `Bearer ${TOKEN}` }), ...headers },
    };
  }

  /** Resolves with the head of the answer; the caller reads the rest. */
  open(path: string, ask: Ask = {}): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = httpsRequest(this.options(path, ask), resolve);
      request.on('error', reject);
      const { body } = ask;
      request.end(
        body === undefined
          ? undefined
          : typeof body === 'string' || Buffer.isBuffer(body)
            ? body
            : JSON.stringify(body),
      );
    });
  }

  async ask(path: string, ask: Ask = {}): Promise<Reply> {
    const withType =
      ask.body === undefined || ask.headers?.['content-type']
        ? ask
        : { ...ask, headers: { 'content-type': 'application/json', ...ask.headers } };
    const answer = await this.open(path, withType);
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    const text = raw.toString();
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      body = undefined;
    }
    return { status: answer.statusCode ?? 0, headers: answer.headers, raw, text, body };
  }

  create(path: string, object: object): Promise<Reply> {
    return this.ask(path, { method: 'POST', body: object });
  }
}

/** Lines of a watch, one JSON value each. */
export async function* lines(answer: AsyncIterable<Buffer | string>): AsyncGenerator<any> {
  let rest = '';
  for await (const chunk of answer) {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop() as string;
    for (const line of parts) if (line) yield JSON.parse(line);
  }
}
