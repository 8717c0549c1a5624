import { readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { parse } from 'yaml';
import type { Cluster } from '../../e2e/support/cluster.ts';
import { bystander, type Bystander, type Credentials } from './bystander.ts';

export interface Answer {
  status: number;
  /** the beginning of the body */
  text: string;
}

/** The cluster's administrator, on connections that stay open. */
export interface Admin {
  ask(method: string, path: string, body?: string | Buffer, headers?: Record<string, string>): Promise<Answer>;
  /** Somebody else, who asks for what stands at a path meanwhile. */
  bystander(path: string): Bystander;
  close(): void;
}

const pem = (text: string | undefined): string => Buffer.from(text ?? '', 'base64').toString();

function credentialsOf({ kubeconfig }: Cluster): Credentials {
  const config = parse(readFileSync(kubeconfig, 'utf8')) as {
    clusters: [{ cluster: Record<string, string> }];
    users: [{ user: Record<string, string> }];
  };
  const [{ cluster }] = config.clusters;
  const [{ user }] = config.users;
  return {
    ca: pem(cluster['certificate-authority-data']),
    cert: pem(user['client-certificate-data']),
    key: pem(user['client-key-data']),
  };
}

export function administrator(cluster: Cluster): Admin {
  const credentials = credentialsOf(cluster);
  const agent = new https.Agent({ keepAlive: true, maxSockets: 4, ...credentials });
  return {
    ask: (method, path, body, headers = {}) =>
      new Promise((resolve, reject) => {
        const sent = { 'content-type': 'application/json', ...headers };
        const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
        const req = https.request(
          `${cluster.url}${path}`,
          { method, agent, headers: { ...sent, ...length } },
          (res) => {
            const chunks: Buffer[] = [];
            res.on('data', (chunk: Buffer) => chunks.push(chunk));
            res.on('end', () =>
              resolve({ status: res.statusCode ?? 0, text: Buffer.concat(chunks).toString().slice(0, 2000) }),
            );
            res.on('error', reject);
          },
        );
        req.on('error', reject);
        req.end(body);
      }),
    bystander: (path) =>
      bystander(`${cluster.url}${path}`, cluster.process.pid ?? 0, credentials, (pid) =>
        writeFileSync(`/proc/${pid}/clear_refs`, '5'),
      ),
    close: () => agent.destroy(),
  };
}
