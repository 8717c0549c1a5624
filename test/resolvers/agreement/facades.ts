import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { expect, vi } from 'vitest';
import { createRestServer, type RestServer } from '../../../src/rest/server.ts';
import { makeAuthority, makeCertificate } from '../../../src/start/certificates.ts';
import type { Store } from '../../../src/store/contract.ts';
import { FakeApi } from '../../support/fake-api.ts';
import { PATIENCE_MS } from '../../support/patience.ts';
import { DEFINITION } from './subjects.ts';

const TOKEN = 'agreement-token';
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const ADMIN = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };

/** What either façade answers: a Status where it is refused. */
export interface Reply {
  code: number;
  body: any;
}

/** REST over a socket, and GraphQL, over one API with the namespaces `a` and `b` and a custom kind. */
export class Facades {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 4 });
  requests = 0;
  operations = 0;

  private constructor(
    readonly fake: FakeApi,
    private readonly server: RestServer,
    private readonly ca: string,
    private readonly port: number,
  ) {}

  static async open(store?: Store): Promise<Facades> {
    const fake = await FakeApi.open({
      staticTokens: `${TOKEN},admin,1,"system:masters"`,
      ...(store && { store }),
    });
    const ca = await makeAuthority('agreement');
    const serving = await makeCertificate({ commonName: 'kube-apiserver' }, ca, ['127.0.0.1']);
    const server = createRestServer({
      api: fake.api,
      tls: { ...serving, clientCA: ca.cert },
      kubeletClient: serving,
      frontProxy: serving,
      clock: fake.clock,
      fairness: false,
    });
    const { port } = await server.listen(0, '127.0.0.1');
    const facades = new Facades(fake, server, ca.cert, port);
    await facades.furnish();
    return facades;
  }

  private async furnish(): Promise<void> {
    for (const namespace of ['a', 'b']) {
      await this.rest('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
      await this.rest('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'default' } });
    }
    await this.rest('POST', DEFINITIONS, DEFINITION);
    const served = () => expect(this.fake.api.registry.preferred('widgets.example.com')).toBeDefined();
    await vi.waitFor(served, { timeout: PATIENCE_MS });
    // what is written of the definition itself comes after it is served
    const isEstablished = async (): Promise<void> => {
      const { body } = await this.rest('GET', `${DEFINITIONS}/${DEFINITION.metadata.name}`);
      const { conditions = [] } = body.status as { conditions?: { type: string; status: string }[] };
      expect(conditions).toContainEqual(expect.objectContaining({ type: 'Established', status: 'True' }));
    };
    await vi.waitFor(isEstablished, { timeout: PATIENCE_MS });
    await this.fake.quiet();
  }

  async close(): Promise<void> {
    this.agent.destroy();
    await this.server.close(0);
    await this.fake.close();
  }

  get revision(): number {
    return this.fake.store.revision;
  }

  private options(method: string, path: string, type?: string): RequestOptions {
    const headers = {
      authorization: `Bearer ${TOKEN}`,
      'user-agent': 'agreement',
      ...(type && { 'content-type': type }),
    };
    return { host: '127.0.0.1', port: this.port, ca: this.ca, method, path, headers };
  }

  rest(method: string, path: string, body?: unknown, type = 'application/json'): Promise<Reply> {
    this.requests++;
    const options = this.options(method, path, body === undefined ? undefined : type);
    return new Promise((resolve, reject) => {
      const request = httpsRequest({ ...options, agent: this.agent }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        answer.on('end', () => {
          const code = answer.statusCode ?? 0;
          if (answer.headers['content-type'] === 'application/json') resolve({ code, body: JSON.parse(text) });
          else reject(new Error(`${method} ${path} is answered ${code}: ${text}`));
        });
      });
      request.on('error', reject);
      if (body === undefined) return request.end();
      const bytes = Buffer.from(JSON.stringify(body));
      // Node says the length of a DELETE's body only when it is told to
      return request.setHeader('content-length', bytes.length).end(bytes);
    });
  }

  /** Events of a watch of REST as they come; returns what ends it. Resolves when the server has answered. */
  watch(path: string, onEvent: (event: any) => void): Promise<() => void> {
    this.requests++;
    return new Promise((resolve, reject) => {
      const request = httpsRequest({ ...this.options('GET', path), agent: false }, (answer) => {
        let rest = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) onEvent(JSON.parse(line));
        });
        answer.on('error', () => undefined);
        resolve(() => request.destroy());
      });
      request.on('error', reject);
      request.end();
    });
  }

  private get executor() {
    return this.fake.graphql.as({ user: ADMIN, agent: 'agreement', warn: () => undefined });
  }

  /** One field, named `r`; a refusal is its Status, as REST has it. */
  async graphql(query: string, variables: Record<string, unknown> = {}): Promise<Reply> {
    this.operations++;
    const text = String(await this.executor.execute({ query, variables }));
    const { data, errors } = JSON.parse(text) as { data?: { r: unknown }; errors?: any[] };
    const [error] = errors ?? [];
    if (!error) return { code: 200, body: data?.r };
    const { code, status } = error.extensions ?? {};
    return { code, body: status ?? error };
  }

  /** The same where it must succeed. */
  async ask(query: string, variables: Record<string, unknown> = {}): Promise<any> {
    const { code, body } = await this.graphql(query, variables);
    if (code !== 200) throw new Error(`${code} ${JSON.stringify(body)} of ${query} ${JSON.stringify(variables)}`);
    return body;
  }

  /** Payloads of the one field of a subscription as they come; returns what ends it. */
  subscribe(query: string, variables: Record<string, unknown>, onPayload: (payload: any) => void): () => void {
    this.operations++;
    const results = this.executor.subscribe({ query, variables });
    void (async () => {
      for await (const text of results) {
        const { data, errors } = JSON.parse(String(text));
        onPayload(errors ? { errors } : Object.values(data)[0]);
      }
    })();
    return () => void results.return?.();
  }
}
