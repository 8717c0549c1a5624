import { generateKeyPairSync } from 'node:crypto';
import type { Resources, Scale, TokenRequest } from '../../schema/types.ts';
import { createApi, type ApiOptions, type RunningApi } from '../../src/api/api.ts';
import type { Answer, DeleteOptions, RequestContext, Target, User } from '../../src/api/contract.ts';
import type { ObjectOf } from '../../src/api/object-as.ts';
import { MERGE_PATCH } from '../../src/api/patch-body.ts';
import { createRegistry } from '../../src/kinds/registry.ts';
import type { Kind } from '../../src/kinds/kind.ts';
import type { Json, KubeObject } from '../../src/meta/object.ts';
import { parseGroupResource } from '../../src/meta/gvk.ts';
import type { Status, StatusError } from '../../src/meta/status.ts';
import type { Stored } from '../../src/store/contract.ts';
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
    const [resource = '', subresource = ''] = path.split('/');
    const kind = this.kind(resource);
    return { kind, namespace: kind.namespaced ? namespace : '', name, subresource };
  }

  create<P extends string>(path: P, object: unknown, namespace = 't', user = admin, name = ''): Promise<Answered<P>> {
    const target = this.target(path, namespace, name);
    return answered(path, this.api.create(this.ctx(user), target, { object: object as KubeObject }, {}));
  }
  get<P extends string>(path: P, name: string, namespace = 't', user = admin): Promise<Answered<P>> {
    return answered(path, this.api.get(this.ctx(user), this.target(path, namespace, name), {}));
  }
  update<P extends string>(path: P, object: KubeObject, namespace = 't', user = admin): Promise<Answered<P>> {
    const target = this.target(path, namespace, object.metadata.name);
    return answered(path, this.api.update(this.ctx(user), target, { object }, {}));
  }
  merge<P extends string>(path: P, name: string, value: object, namespace = 't', user = admin): Promise<Answered<P>> {
    const target = this.target(path, namespace, name);
    return answered(path, this.api.patch(this.ctx(user), target, MERGE_PATCH, { value: value as Json }, {}));
  }
  /** The object where one is answered; of the kinds that answer a Status tests look at no more than that. */
  delete<P extends string>(
    path: P,
    name: string,
    options: DeleteOptions = {},
    namespace = 't',
    user = admin,
  ): Promise<Answered<P>> {
    return answered(path, this.api.delete(this.ctx(user), this.target(path, namespace, name), options));
  }
}

/** What a path serves, by its type: `pods`, `deployments.apps/status`. A test knows whether there is a spec or a status. */
type Served<P extends string> = P extends 'pods/binding' | 'pods/eviction'
  ? Status
  : P extends 'serviceaccounts/token'
    ? Required<KubeObject & TokenRequest>
    : P extends `${string}/scale`
      ? Required<KubeObject & Scale>
      : P extends keyof Resources
        ? Required<ObjectOf<P>>
        : P extends `${infer Resource}/${string}`
          ? Served<Resource>
          : KubeObject;
export interface Answered<P extends string = string> {
  code: number;
  stored?: Stored | undefined;
  object: Served<P>;
}
async function answered<P extends string>(_path: P, answer: Promise<Answer>): Promise<Answered<P>> {
  const { code, stored, object } = await answer;
  return { code, stored, object: object as Served<P> };
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
