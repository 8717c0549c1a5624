import { generateKeyPairSync } from 'node:crypto';
import { createApi, type ApiOptions, type RunningApi } from '../../src/api/api.ts';
import type { Answer, RequestContext, Target, User } from '../../src/api/contract.ts';
import { createRegistry } from '../../src/kinds/registry.ts';
import type { Kind } from '../../src/kinds/kind.ts';
import type { KubeObject } from '../../src/meta/object.ts';
import { parseGroupResource } from '../../src/meta/gvk.ts';
import type { StatusError } from '../../src/meta/status.ts';
import { openStore } from '../../src/store/open.ts';
import { createDatabase } from '../support/database.ts';

export const admin: User = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };
const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
export const serviceAccountKeys = { privateKey, publicKey };

/** An API over an empty database of its own, with the namespace `t` and its default service account. */
export class TestApi {
  readonly warnings: string[] = [];
  private constructor(
    readonly api: RunningApi,
    private readonly cleanup: () => Promise<void>,
  ) {}

  static async open(options: Partial<ApiOptions> = {}): Promise<TestApi> {
    const database = await createDatabase();
    const store = await openStore({ databaseUrl: database.url });
    const api = await createApi({ registry: createRegistry(), store, serviceAccountKeys, ...options });
    const test = new TestApi(api, async () => {
      await api.close();
      await store.close();
      await database.drop();
    });
    await test.create('namespaces', { metadata: { name: 't' } }, '');
    await test.create('serviceaccounts', { metadata: { name: 'default' } });
    return test;
  }

  close(): Promise<void> {
    return this.cleanup();
  }

  ctx(user: User = admin): RequestContext {
    return { user, agent: 'test', warn: (text) => this.warnings.push(text) };
  }

  kind(resource: string): Kind {
    const { group, resource: plural } = parseGroupResource(resource);
    const kind =
      this.api.registry.preferred(resource) ??
      this.api.registry.all().find((k) => k.group === group && k.resource === plural);
    if (!kind) throw new Error(`no kind ${resource}`);
    return kind;
  }

  target(path: string, namespace = 't', name = ''): Target {
    const [resource, subresource = ''] = path.split('/');
    const kind = this.kind(resource);
    return { kind, namespace: kind.namespaced ? namespace : '', name, subresource };
  }

  create(path: string, object: unknown, namespace = 't', user = admin, name = ''): Promise<Answer> {
    return this.api.create(this.ctx(user), this.target(path, namespace, name), { object: object as KubeObject }, {});
  }
  get(path: string, name: string, namespace = 't', user = admin): Promise<Answer> {
    return this.api.get(this.ctx(user), this.target(path, namespace, name), {});
  }
  update(path: string, object: KubeObject, namespace = 't', user = admin): Promise<Answer> {
    return this.api.update(this.ctx(user), this.target(path, namespace, object.metadata.name), { object }, {});
  }
  merge(path: string, name: string, value: unknown, namespace = 't', user = admin): Promise<Answer> {
    return this.api.patch(
      this.ctx(user),
      this.target(path, namespace, name),
      'application/merge-patch+json',
      { value: value as never },
      {},
    );
  }
  delete(path: string, name: string, options = {}, namespace = 't', user = admin): Promise<Answer> {
    return this.api.delete(this.ctx(user), this.target(path, namespace, name), options);
  }
}

/** The Status that a call is refused with. */
export async function refusal(call: Promise<unknown>): Promise<StatusError['status']> {
  try {
    await call;
  } catch (error) {
    if ((error as StatusError).status) return (error as StatusError).status;
    throw error;
  }
  throw new Error('it was not refused');
}

export const pod = (name: string, spec: object = {}, metadata: object = {}): unknown => ({
  metadata: { name, ...metadata },
  spec: { containers: [{ name: 'c', image: 'busybox:1.36' }], ...spec },
});
