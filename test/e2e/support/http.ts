import { readFileSync } from 'node:fs';
import https from 'node:https';
import { parse } from 'yaml';

export interface Answer {
  status: number;
  body: any;
}

/** Plain HTTPS requests with the credentials of a kubeconfig, for what kubectl cannot ask. */
export function httpClient(kubeconfig: string): {
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Lines of a watch as they come; ends when the server does, throws when the connection breaks. */
  lines(path: string): AsyncGenerator<any>;
  close(): void;
} {
  const config = parse(readFileSync(kubeconfig, 'utf8'));
  const { server } = config.clusters[0].cluster as { server: string };
  const user = config.users[0].user as Record<string, string>;
  const pem = (text = '') => Buffer.from(text, 'base64').toString();
  const agent = new https.Agent({
    keepAlive: true,
    maxSockets: 64,
    ca: pem(config.clusters[0].cluster['certificate-authority-data']),
    cert: pem(user['client-certificate-data']),
    key: pem(user['client-key-data']),
  });
  return {
    request: (method, path, body, headers = {}) =>
      new Promise((resolve, reject) => {
        const text = body === undefined ? undefined : JSON.stringify(body);
        const req = https.request(
          `${server}${path}`,
          {
            method,
            agent,
            headers: {
              ...(text !== undefined && {
                'content-type': 'application/json',
                'content-length': Buffer.byteLength(text),
              }),
              ...headers,
            },
          },
          (res) => {
            const chunks: Buffer[] = [];
            res.on('data', (chunk: Buffer) => chunks.push(chunk));
            res.on('error', reject);
            res.on('end', () => {
              const all = Buffer.concat(chunks).toString();
              resolve({
                status: res.statusCode ?? 0,
                body: res.headers['content-type']?.includes('json') ? JSON.parse(all) : all,
              });
            });
          },
        );
        req.on('error', reject);
        req.end(text);
      }),
    async *lines(path) {
      const res = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
        https.get(`${server}${path}`, { agent }, resolve).on('error', reject);
      });
      let rest = '';
      for await (const chunk of res) {
        rest += String(chunk);
        const lines = rest.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line) yield JSON.parse(line);
      }
    },
    close: () => agent.destroy(),
  };
}
