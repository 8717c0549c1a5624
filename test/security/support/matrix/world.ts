import { Agent, request as httpsRequest } from 'node:https';
import type { User } from '../../../../src/api/contract.ts';
import type { Kind } from '../../../../src/kinds/kind.ts';
import { apiVersionOf } from '../../../../src/meta/gvk.ts';
import type { KubeObject } from '../../../../src/meta/object.ts';
import { createRestServer, type RestServer } from '../../../../src/rest/server.ts';
import { makeAuthority, makeCertificate } from '../../../../src/start/certificates.ts';
import { giveUniverse } from '../../../resolvers/relations/universe.ts';
import { FakeApi, type Manifest } from '../../../support/fake-api.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { rightsOf, STATIC_TOKENS, tokenOf } from './users.ts';

/** What a Secret holds, as it is stored and as it is meant: neither is ever in what tells of the past or of differences. */
export const SECRET = 'matrix-secret-value';
export const SECRET_MARKS = [SECRET, Buffer.from(SECRET).toString('base64')];

export interface Reply {
  code: number;
  body: KubeObject & { items?: KubeObject[]; message?: string };
}
export interface Result {
  code: number;
  message: string;
  data: Record<string, any>;
  text: string;
}

/** The place of an object, or of a list where it has no name. */
export interface Place {
  kind: Kind;
  namespace: string;
  name?: string;
}
export const idOf = (kind: Kind, namespace: string, name: string): string => `${kind.storage.key}/${namespace}/${name}`;

/** Both façades over one API with objects that lead to each other, in two namespaces. */
export class World {
  /** what was given, which is what is asked for */
  readonly objects: { kind: Kind; object: KubeObject }[] = [];
  private readonly answers = new Map<string, Promise<Reply>>();
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 8, rejectUnauthorized: false });
  requests = 0;
  operations = 0;

  private constructor(
    readonly fake: FakeApi,
    private readonly rest: RestServer,
    private readonly port: number,
  ) {}

  static async open(): Promise<World> {
    const clock = new FakeClock(Date.now());
    const fake = await FakeApi.open({ clock, staticTokens: STATIC_TOKENS });
    const ca = await makeAuthority('matrix');
    const serving = await makeCertificate({ commonName: 'kube-apiserver' }, ca, ['127.0.0.1']);
    const rest = createRestServer({
      api: fake.api,
      tls: { ...serving, clientCA: ca.cert },
      kubeletClient: serving,
      frontProxy: serving,
      clock,
      fairness: false,
    });
    const { port } = await rest.listen(0, '127.0.0.1');
    const world = new World(fake, rest, port);
    await world.furnish();
    return world;
  }

  async close(): Promise<void> {
    this.agent.destroy();
    await this.rest.close(0);
    await this.fake.graphql.close();
    await this.fake.api.close();
  }

  private async furnish(): Promise<void> {
    await giveUniverse(this);
    const at = (kind: string, name: string, body: object = {}, metadata: object = {}): Manifest => ({
      apiVersion: 'v1',
      kind,
      metadata: { name, namespace: 'b', ...metadata },
      ...body,
    });
    const [owner] = await this.give(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'b' } },
      at('ServiceAccount', 'default'),
      at('Secret', 'hidden', { stringData: { key: SECRET } }),
      at('ConfigMap', 'hidden', { data: { key: 'v' } }),
    ).then((made) => made.slice(3));
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'hidden', uid: owner!.metadata.uid };
    const containers = [{ name: 'c', image: 'i' }];
    const spec = { nodeName: 'n2', containers, volumes: [{ name: 's', secret: { secretName: 'hidden' } }] };
    await this.give(
      at('Pod', 'owned', { spec }, { ownerReferences: [reference], labels: { app: 'web' } }),
      // names an owner of another namespace
      at('ConfigMap', 'forged', {}, { namespace: 'a', ownerReferences: [reference] }),
    );
    const { client } = this.fake;
    await client.patch('secrets', 'a', 'password', { stringData: { key: SECRET } });
    await client.patch('secrets', 'a', 'password', { stringData: { key: `${SECRET}-again` } });
    await client.patch('configmaps', 'b', 'hidden', { data: { key: 'w' } });
    const given = this.objects.splice(0);
    await this.give(...rightsOf());
    // as they are now
    this.objects.splice(0);
    for (const { kind, object } of given) {
      const { namespace = '', name } = object.metadata;
      const { stored } = await this.fake.api.get(
        { user: { name: 'admin', groups: ['system:masters'] }, agent: 'matrix', warn: () => undefined },
        { kind, namespace, name, subresource: '' },
        {},
      );
      this.objects.push({ kind, object: stored!.object as KubeObject });
    }
  }

  async give(...manifests: Manifest[]): Promise<KubeObject[]> {
    const made = await this.fake.give(...manifests);
    for (const [i, object] of made.entries()) {
      const { apiVersion, kind } = manifests[i]!;
      const [version = '', group = ''] = apiVersion.split('/').reverse();
      this.objects.push({ kind: this.fake.api.registry.byKind(group, version, kind)!, object });
    }
    return made;
  }

  get kinds(): readonly Kind[] {
    return this.fake.api.registry.all();
  }

  kindNamed(apiVersion: string, word: string): Kind {
    const kind = this.kinds.find((one) => one.kind === word && apiVersionOf(one) === apiVersion);
    if (!kind) throw new Error(`no kind ${apiVersion} ${word}`);
    return kind;
  }
  /** Kinds that have some verbs. */
  served(...verbs: string[]): Kind[] {
    return this.kinds.filter((kind) => verbs.every((verb) => kind.verbs.includes(verb)));
  }

  /** One request, asked once where nothing is written. */
  ask(user: User, path: string, method = 'GET', body?: unknown, type = 'application/json'): Promise<Reply> {
    if (method !== 'GET') return this.send(user, path, method, body, type);
    const key = `${user.name} ${path}`;
    let answer = this.answers.get(key);
    if (!answer) this.answers.set(key, (answer = this.send(user, path, method, body, type)));
    return answer;
  }
  get(user: User, place: Place): Promise<Reply> {
    return this.ask(user, pathOf(place));
  }

  private send(user: User, path: string, method: string, body: unknown, type: string): Promise<Reply> {
    this.requests++;
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${tokenOf(user)}`, 'content-type': type, 'user-agent': 'matrix' };
      const request = httpsRequest(
        { host: '127.0.0.1', port: this.port, path, method, headers, agent: this.agent },
        (answer) => {
          const code = answer.statusCode ?? 0;
          if (path.includes('watch=1') && code === 200) {
            answer.destroy();
            return resolve({ code, body: {} as Reply['body'] });
          }
          let text = '';
          answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          answer.on('end', () => resolve({ code, body: JSON.parse(text) as Reply['body'] }));
        },
      );
      request.on('error', reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  private executor(user: User) {
    return this.fake.graphql.as({ user, agent: 'matrix', warn: () => undefined });
  }

  /** One operation; its code is that of its first error, or 200. */
  async run(user: User, query: string, variables: Record<string, unknown> = {}): Promise<Result> {
    this.operations++;
    return resultOf(String(await this.executor(user).execute({ query, variables })));
  }

  /** The first payloads of a subscription, until one satisfies or it has ended. */
  async first(user: User, query: string, enough: (payloads: readonly Result[]) => boolean): Promise<Result[]> {
    this.operations++;
    const payloads: Result[] = [];
    const results = this.executor(user).subscribe({ query });
    for await (const text of results) {
      payloads.push(resultOf(String(text)));
      if (enough(payloads)) break;
    }
    return payloads;
  }

  async mayGet(user: User, kind: Kind, namespace: string, name: string): Promise<boolean> {
    return (await this.get(user, { kind, namespace, name })).code !== 403;
  }
  async mayListAll(user: User, kind: Kind): Promise<boolean> {
    return (await this.get(user, { kind, namespace: '' })).code === 200;
  }
  async mayList(user: User, kind: Kind, namespace: string): Promise<boolean> {
    return (
      (await this.mayListAll(user, kind)) ||
      (kind.namespaced && (await this.get(user, { kind, namespace })).code === 200)
    );
  }
}

function resultOf(text: string): Result {
  const { data, errors } = JSON.parse(text) as {
    data?: Record<string, unknown> | null;
    errors?: { message: string; extensions: { code: number } }[];
  };
  const [error] = errors ?? [];
  return { code: error?.extensions.code ?? 200, message: error?.message ?? '', data: data ?? {}, text };
}

export function pathOf({ kind, namespace, name }: Place): string {
  const root = kind.group ? `/apis/${kind.group}/${kind.version}` : `/api/${kind.version}`;
  return `${root}${namespace ? `/namespaces/${namespace}` : ''}/${kind.resource}${name ? `/${name}` : ''}`;
}
