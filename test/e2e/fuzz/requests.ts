import { gzipSync } from 'node:zlib';
import { encoded, JSON_TYPE, PATCHES, PROTOBUF, YAML } from './bodies.ts';
import { graphqlBody } from './graphql.ts';
import { kinds, objectOf, pathOf } from './objects.ts';
import { mutateQuery, searchOf, wellFormed } from './queries.ts';
import { Random } from './random.ts';
import { NAMESPACE, recordedSeeds, type Seed } from './seeds.ts';
import { anyValue, mutateJson, mutateText, TEXTS, type Json } from './values.ts';

export interface FuzzRequest {
  number: number;
  method: string;
  /** with its query */
  path: string;
  headers: Record<string, string>;
  body: Buffer | undefined;
  /** how it is sent: a client's HTTP/1.1 or HTTP/2, or bytes that no client would write */
  wire: 'http1' | 'http2' | 'raw';
}

const ACCEPTS = [
  JSON_TYPE,
  YAML,
  PROTOBUF,
  '*/*',
  'application/*',
  '',
  'text/html',
  'application/json;q=0',
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  'application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io',
  'application/json;as=x;v=y;g=z',
  ',,,;;;',
  'application/json;stream=watch',
  `${'a/b,'.repeat(200)}*/*`,
  'application/yaml;as=Table;g=meta.k8s.io;v=v1beta1',
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];
const ROOTS = [
  '/',
  '/api',
  '/apis',
  '/api/v1',
  '/apis/apps',
  '/apis/apps/v1',
  '/apis/x',
  '/healthz',
  '/livez/etcd',
  '/readyz',
  '/version',
  '/metrics',
  '/openapi/v2',
  '/openapi/v3',
  '/openapi/v3/apis/apps/v1',
  '/openid/v1/jwks',
  '/.well-known/openid-configuration',
  '/graphql',
  '/graphiql',
  '/api/v1/watch/pods',
  '/api/v1/watch/namespaces/fuzz/configmaps/a',
  '/apis/apps/v1/namespaces/fuzz/deployments/a/scale',
  '/api/v1/namespaces/fuzz/pods/a/log',
  '/api/v1/namespaces/fuzz/pods/a/exec',
  '/api/v1/namespaces/fuzz/services/a/proxy/x',
  '/api/v1/nodes/a/proxy/',
  '/api/v1/namespaces/fuzz/serviceaccounts/default/token',
];
/** A write of these could change who may do what, or how each later request fares: it is only tried out. */
const TRIED_OUT = new RegExp(
  [
    'webhookconfigurations|admissionpolic|flowschemas|prioritylevelconfigurations|apiservices|clusterrole',
    '/namespaces(/(default|fuzz|kube-[a-z]+))?/?$',
    'serviceaccounts|resourcequotas|limitranges|namespaces/[^/]+/(status|finalize)',
  ].join('|'),
);
const SUBRESOURCES = [
  'status',
  'scale',
  'binding',
  'eviction',
  'token',
  'log',
  'exec',
  'attach',
  'portforward',
  'proxy',
  'approval',
  'finalize',
  'ephemeralcontainers',
  'resize',
  'x',
  '%00',
  '..',
];

/** Requests by number: the same seed and number always make the same one (continue tokens apart). */
export class Generator {
  private readonly seeds: readonly Seed[] = recordedSeeds();
  /** continue tokens that the server has given */
  readonly tokens: string[] = [];

  constructor(readonly seed: number) {}

  make(number: number): FuzzRequest {
    const random = new Random(this.seed, number);
    const request = random.weighted<() => FuzzRequest>([
      [46, () => this.recorded(random, number)],
      [24, () => this.ofSchema(random, number)],
      [10, () => this.reading(random, number)],
      [9, () => this.patching(random, number)],
      [6, () => this.graphql(random, number)],
      [5, () => this.anywhere(random, number)],
    ])();
    return spared(request);
  }

  private finish(random: Random, number: number, seed: Seed): FuzzRequest {
    const { bytes, type } = encoded(random, seed);
    const headers: Record<string, string> = { ...seed.headers, ...(type !== undefined && { 'content-type': type }) };
    let body = bytes;
    if (random.chance(0.15)) headers.accept = random.pick(ACCEPTS);
    if (random.chance(0.04)) headers.accept = headerText(mutateText(random, random.pick(ACCEPTS)));
    if (random.chance(0.03))
      headers['content-type'] = headerText(mutateText(random, headers['content-type'] ?? JSON_TYPE));
    if (random.chance(0.05)) headers['accept-encoding'] = random.pick(['gzip', 'gzip;q=0', 'br', '*', 'gzip, x', ';']);
    if (random.chance(0.02) && body) {
      headers['content-encoding'] = 'gzip';
      if (random.chance(0.7)) body = gzipSync(body);
    }
    if (random.chance(0.02))
      headers[
        random.pick([
          'impersonate-user',
          'impersonate-group',
          'impersonate-extra-%zz',
          'if-none-match',
          'audit-id',
          'range',
          'expect',
        ])
      ] = headerText(random.pick(TEXTS));
    if (random.chance(0.004))
      body = Buffer.alloc(random.pick([3 * 1024 * 1024, 3 * 1024 * 1024 + 1, 5 * 1024 * 1024]), ' ');
    const path = pathText(random, random.chance(0.06) ? mutateText(random, seed.path) : seed.path);
    const method = random.chance(0.03) ? random.pick(METHODS) : seed.method;
    const wire = random.weighted([
      [86, 'http1'],
      [11, 'http2'],
      [3, 'raw'],
    ] as const);
    return { number, method, path: `${path}${searchOf(random, seed.query)}`, headers, body, wire };
  }

  private recorded(random: Random, number: number): FuzzRequest {
    const seed = random.pick(this.seeds);
    const changes = random.weighted([
      [2, 0],
      [5, 1],
      [3, 2],
      [1, 6],
    ] as const);
    const body =
      seed.body === undefined
        ? random.chance(0.03)
          ? anyValue(random)
          : undefined
        : mutateJson(random, seed.body, changes);
    return this.finish(random, number, { ...seed, body, query: mutateQuery(random, seed.query, this.tokens) });
  }

  private ofSchema(random: Random, number: number): FuzzRequest {
    const kind = random.pick(kinds);
    const name = random.pick(['a', 'b', 'c', 'd']);
    const namespace = kind.namespaced ? NAMESPACE : '';
    const collection = `${pathOf(kind)}${namespace && `/namespaces/${namespace}`}/${kind.resource}`;
    let body = objectOf(random, kind, name, namespace);
    if (random.chance(0.4)) body = mutateJson(random, body, 1 + random.int(3));
    const one = random.chance(0.4);
    const subresource =
      one && random.chance(0.3)
        ? `/${random.pick(kind.subresources.size ? [...kind.subresources.keys()] : SUBRESOURCES)}`
        : '';
    const method = one ? random.pick(['PUT', 'PUT', 'PATCH', 'POST', 'GET']) : 'POST';
    const headers: Record<string, string> = method === 'PATCH' ? { 'content-type': random.pick(PATCHES) } : {};
    const query = mutateQuery(random, method === 'PATCH' ? [['fieldManager', 'm']] : [], this.tokens);
    return this.finish(random, number, {
      method,
      path: one ? `${collection}/${name}${subresource}` : collection,
      query,
      headers,
      body,
    });
  }

  private reading(random: Random, number: number): FuzzRequest {
    const kind = random.pick(kinds);
    const scope =
      kind.namespaced && random.chance(0.7) ? `/namespaces/${random.pick([NAMESPACE, 'default', 'none'])}` : '';
    const name = random.chance(0.3) ? `/${random.pick(['a', 'b', 'default'])}` : '';
    const query: [string, string][] = random.chance(0.2)
      ? [
          ['watch', random.pick(['1', 'true', 'false', '', 'x'])],
          ['timeoutSeconds', '1'],
        ]
      : [];
    const accept = random.chance(0.6) ? { accept: random.pick(ACCEPTS) } : {};
    const method = random.chance(0.1) ? 'DELETE' : random.pick(['GET', 'GET', 'GET', 'HEAD']);
    const path = `${pathOf(kind)}${random.chance(0.05) ? '/watch' : ''}${scope}/${kind.resource}${name}`;
    const headers = accept as Record<string, string>;
    return this.finish(random, number, {
      method,
      path,
      query: mutateQuery(random, query, this.tokens),
      headers,
      body: method === 'DELETE' && random.chance(0.4) ? deleteOptions(random) : undefined,
    });
  }

  private patching(random: Random, number: number): FuzzRequest {
    const seed = random.pick(this.seeds.filter((s) => s.body !== undefined && s.method !== 'DELETE'));
    const path = seed.method === 'POST' ? `${seed.path}/${nameOf(seed.body as Json)}` : seed.path;
    const type = random.pick(PATCHES);
    const body =
      type === PATCHES[0]
        ? jsonPatch(random, seed.body as Json)
        : mutateJson(random, seed.body as Json, 1 + random.int(3));
    const query = mutateQuery(
      random,
      type === PATCHES[3]
        ? [
            ['fieldManager', 'm'],
            ['force', 'true'],
          ]
        : [],
      this.tokens,
    );
    return this.finish(random, number, { method: 'PATCH', path, query, headers: { 'content-type': type }, body });
  }

  private graphql(random: Random, number: number): FuzzRequest {
    const body = graphqlBody(random);
    if (random.chance(0.15)) {
      const fields = Object.entries(typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {});
      const query = fields.map(([name, value]): [string, string] => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]);
      return this.finish(random, number, { method: 'GET', path: '/graphql', query, headers: {}, body: undefined });
    }
    return this.finish(random, number, { method: 'POST', path: '/graphql', query: [], headers: {}, body });
  }

  private anywhere(random: Random, number: number): FuzzRequest {
    const path = random.pick(ROOTS);
    const more = random.chance(0.3) ? `/${random.pick(TEXTS)}` : '';
    const method = random.weighted([
      [5, 'GET'],
      [1, random.pick(METHODS)],
    ] as const);
    const body = method === 'GET' ? undefined : anyValue(random);
    return this.finish(random, number, {
      method,
      path: `${path}${more}`,
      query: mutateQuery(random, [], this.tokens),
      headers: random.chance(0.5) ? { accept: random.pick(ACCEPTS) } : {},
      body,
    });
  }
}

const nameOf = (body: Json): string => {
  const name = (body as { metadata?: { name?: Json } } | null)?.metadata?.name;
  return typeof name === 'string' ? name : 'a';
};

function jsonPatch(random: Random, document: Json): Json {
  const paths = [
    '/metadata/labels',
    '/data/a',
    '/spec',
    '/spec/replicas',
    '/metadata/name',
    '/__proto__/x',
    '/constructor/prototype/x',
    '/spec/template/spec/containers/0',
    '/spec/template/spec/containers/-',
    '/a~1b',
    '/a~',
    '',
    'x',
    '/status',
  ];
  const one = (): Json => ({
    op: random.pick(['add', 'remove', 'replace', 'move', 'copy', 'test', 'x', 1 as Json]),
    path: random.chance(0.9) ? random.pick(paths) : anyValue(random),
    ...(random.chance(0.8) && { value: random.chance(0.5) ? anyValue(random) : document }),
    ...(random.chance(0.4) && { from: random.pick(paths) }),
  });
  const operations = Array.from(
    {
      length: random.weighted([
        [8, 1 + random.int(4)],
        [0.3, 11_000],
      ] as const),
    },
    one,
  );
  return random.chance(0.1) ? mutateJson(random, operations, 1) : operations;
}

const deleteOptions = (random: Random): Json =>
  mutateJson(
    random,
    {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      gracePeriodSeconds: 0,
      propagationPolicy: 'Background',
      preconditions: { uid: 'x', resourceVersion: '1' },
      dryRun: ['All'],
    },
    1 + random.int(3),
  );

/** What can stand in a request line: the rest percent-encoded. */
function pathText(random: Random, path: string): string {
  const text = wellFormed(path).replace(/[^\x21-\x7e]|[?#]/gu, (c) => encodeURIComponent(c));
  const some = random.chance(0.02) ? text.replace('/', random.pick(['//', '/./', '/%2f', '/%00', '/../'])) : text;
  return some.startsWith('/') ? some : `/${some}`;
}

const headerText = (text: string): string => text.replace(/[^\x20-\x7e]/g, '').slice(0, 1000);

function spared(request: FuzzRequest): FuzzRequest {
  const [pathname = ''] = request.path.split('?');
  if (['GET', 'HEAD'].includes(request.method) || !TRIED_OUT.test(decoded(pathname))) return request;
  // options in the body of a DELETE would take the place of the query's
  return {
    ...request,
    ...(request.method === 'DELETE' && { body: undefined }),
    path: `${pathname}?dryRun=All${request.headers['content-type']?.includes('apply') ? '&fieldManager=m' : ''}`,
  };
}
const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};
