import { createSecureContext, type SecureContext } from 'node:tls';
import type { Secret } from '../../../schema/types.ts';
import { SERVER_TLS } from '../../rules/server-tls.ts';

/** Where the certificate of a host is. */
export interface SecretName {
  namespace: string;
  name: string;
}

/** What TLS is offered with; throws where the Secret holds no certificate that fits its key. */
export function contextOf({ data = {} }: Pick<Secret, 'data'>): SecureContext {
  const [cert, key] = ['tls.crt', 'tls.key'].map((name) => Buffer.from(data[name] ?? '', 'base64').toString());
  if (!cert || !key) throw new Error('it has no tls.crt and tls.key');
  return createSecureContext({ ...SERVER_TLS, cert, key });
}

/**
 * Certificates by the name that a client asks for. A Secret is read when a handshake needs it, and again when it has
 * changed, so that a new certificate is shown from the next connection on.
 */
export class Certificates {
  private hosts: ReadonlyMap<string, SecretName> = new Map();
  /** by namespace and name; of Secrets that a host of `hosts` has named */
  private readonly contexts = new Map<string, { version: string; context: SecureContext | undefined }>();

  constructor(
    private readonly secrets: { get(namespace: string, name: string): Secret | undefined },
    private readonly fallback: SecureContext,
  ) {}

  /** @param hosts by `a.b`, or `*.b` for one label */
  use(hosts: ReadonlyMap<string, SecretName>): void {
    this.hosts = hosts;
    const used = new Set([...hosts.values()].map(keyOf));
    for (const key of this.contexts.keys()) if (!used.has(key)) this.contexts.delete(key);
  }

  /** Where no certificate is for the name, the one that the proxy has made for itself. */
  contextFor(servername: string): SecureContext {
    const name = servername.toLowerCase().replace(/\.$/, '');
    const secret = this.hosts.get(name) ?? this.hosts.get(name.replace(/^[^.]+/, '*')) ?? this.hosts.get('');
    return (secret && this.contextOf(secret)) ?? this.fallback;
  }

  private contextOf(name: SecretName): SecureContext | undefined {
    const secret = this.secrets.get(name.namespace, name.name);
    if (!secret) return undefined;
    const key = keyOf(name);
    const version = `${secret.metadata.uid} ${secret.metadata.resourceVersion}`;
    const known = this.contexts.get(key);
    if (known?.version === version) return known.context;
    let context: SecureContext | undefined;
    try {
      context = contextOf(secret);
    } catch {
      // the loop says so by an event; until it is mended the own certificate is shown
    }
    this.contexts.set(key, { version, context });
    return context;
  }
}

const keyOf = ({ namespace, name }: SecretName): string => `${namespace}/${name}`;
