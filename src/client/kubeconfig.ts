import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Endpoint as Server } from '../meta/endpoint.ts';

/** An API server as one context names it. */
export interface Endpoint extends Server {
  /** of the context; '' when it names none */
  namespace: string;
}

interface Named {
  name: string;
  cluster?: Record<string, unknown>;
  user?: Record<string, unknown>;
  context?: Record<string, unknown>;
}

/**
 * Reads a kubeconfig file (client-go's format, YAML or JSON).
 * @param context another than its current-context
 * @throws Error that names the missing part
 */
export function readKubeconfig(file: string, context?: string): Endpoint {
  return parseKubeconfig(readFileSync(file, 'utf8'), dirname(resolve(file)), context);
}

/** @param directory what relative file names in it are relative to */
export function parseKubeconfig(text: string, directory: string, contextName?: string): Endpoint {
  const config = (parse(text) ?? {}) as Record<string, unknown>;
  const wanted = contextName ?? (config['current-context'] as string | undefined);
  if (!wanted) throw new Error('kubeconfig: no current-context');
  const part = (list: string, field: 'context' | 'cluster' | 'user', name: unknown): Record<string, unknown> => {
    const found = ((config[list] ?? []) as Named[]).find((entry) => entry.name === name);
    if (!found) throw new Error(`kubeconfig: ${field} ${JSON.stringify(name)} does not exist`);
    return found[field] ?? {};
  };
  const context = part('contexts', 'context', wanted);
  const cluster = part('clusters', 'cluster', context['cluster']);
  const user = context['user'] ? part('users', 'user', context['user']) : {};
  const file = (name: string): string => readFileSync(resolve(directory, name), 'utf8');
  const pem = (from: Record<string, unknown>, field: string): string | undefined => {
    const data = from[`${field}-data`];
    if (typeof data === 'string' && data) return Buffer.from(data, 'base64').toString('utf8');
    const name = from[field];
    return typeof name === 'string' && name ? file(name) : undefined;
  };
  if (typeof cluster['server'] !== 'string')
    throw new Error(`kubeconfig: cluster of context ${JSON.stringify(wanted)} has no server`);
  const tokenFile = user['tokenFile'];
  const token =
    (user['token'] as string | undefined) ?? (typeof tokenFile === 'string' ? file(tokenFile).trim() : undefined);
  return {
    server: cluster['server'].replace(/(?<!\/)\/+$/, ''),
    ca: pem(cluster, 'certificate-authority'),
    insecure: cluster['insecure-skip-tls-verify'] === true,
    serverName: cluster['tls-server-name'] as string | undefined,
    certificate: pem(user, 'client-certificate'),
    key: pem(user, 'client-key'),
    token: token || undefined,
    namespace: (context['namespace'] as string | undefined) ?? '',
  };
}
