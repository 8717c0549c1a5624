import { stringifyExact } from '../../go/json-numbers.ts';
import { createHash } from 'node:crypto';
import type { Kind, Registry } from '../../kinds/kind.ts';
import { typeFacts } from '../../kinds/facts.ts';
import type { Store } from '../../store/contract.ts';
import { customDefinitions } from './custom.ts';
import { closure, definitionOf, refsOf, type Node, type OpenApiVersion } from './definitions.ts';
import { discoveryPath, pathsOf } from './operations.ts';
import { encodeOpenApi } from './protobuf.ts';
import { typeNameOf } from './type-names.ts';

export interface OpenApiDocument {
  body: Buffer;
  /** SHA-512 in upper-case hexadecimal, as kube-openapi's */
  hash: string;
}

const INFO = { title: 'Kubernetes', version: '1.35' };
const hashOf = (body: Buffer): string => createHash('sha512').update(body).digest('hex').toUpperCase();
const documentOf = (value: object): OpenApiDocument => {
  const body = Buffer.from(stringifyExact(value));
  return { body, hash: hashOf(body) };
};

/** Definitions that these kinds' own types and paths refer to. */
function definitionsFor(
  store: Store,
  kinds: readonly Kind[],
  paths: Record<string, Node>,
  version: OpenApiVersion,
): Record<string, Node> {
  const custom = Object.assign(
    {},
    ...kinds.filter((k) => k.custom).map((k) => customDefinitions(store, k, version)),
  ) as Record<string, Node>;
  const names = new Set<string>([...refsOf(paths), ...refsOf(custom)]);
  for (const kind of kinds) if (!kind.custom) names.add(typeNameOf(kind) ?? '');
  const wanted = [...names].filter((name) => !(name in custom));
  return { ...closure(wanted, version), ...custom };
}

/** OpenAPI of what is served: version 2 as one document, version 3 one per group and version. Made when asked for. */
export class OpenApi {
  private readonly groupDocuments = new Map<string, { kinds: readonly Kind[]; document: OpenApiDocument }>();
  private encoded: { of: OpenApiDocument; document: OpenApiDocument } | undefined;
  private second: { generation: number; document: OpenApiDocument } | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly store: Store,
  ) {}

  /** `api/v1`, `apis/apps/v1`: what version 3 has documents for */
  index(): string[] {
    return this.registry
      .groups()
      .flatMap(({ group, versions }) => versions.map((v) => (group ? `apis/${group}/${v}` : `api/${v}`)));
  }

  /** The document of a group and version; undefined where there is none. */
  third(path: string): OpenApiDocument | undefined {
    const match = /^(?:api|apis\/([^/]+))\/([^/]+)$/.exec(path);
    if (!match) return undefined;
    const [, group = '', version = ''] = match;
    const kinds = this.registry.all().filter((k) => k.group === group && k.version === version);
    const known = this.groupDocuments.get(path);
    if (known && known.kinds.length === kinds.length && known.kinds.every((k, i) => k === kinds[i]))
      return known.document;
    this.groupDocuments.delete(path);
    if (kinds.length === 0) return undefined;
    const paths = Object.assign(discoveryPath(group, version, 3), ...kinds.map((k) => pathsOf(k, 3))) as Record<
      string,
      Node
    >;
    const document = documentOf({
      openapi: '3.0.0',
      info: INFO,
      paths,
      components: {
        schemas: definitionsFor(this.store, kinds, paths, 3),
        securitySchemes: { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header' } },
      },
    });
    this.groupDocuments.set(path, { kinds, document });
    return document;
  }

  get v2(): OpenApiDocument {
    const { generation } = this.registry;
    if (this.second?.generation !== generation) this.second = { generation, document: this.makeSecond() };
    return this.second.document;
  }

  /** The same as gnostic's message. */
  get v2Protobuf(): OpenApiDocument {
    const { v2 } = this;
    if (this.encoded?.of !== v2) {
      const body = encodeOpenApi(JSON.parse(v2.body.toString()) as object);
      this.encoded = { of: v2, document: { body, hash: hashOf(body) } };
    }
    return this.encoded.document;
  }

  private makeSecond(): OpenApiDocument {
    const kinds = this.registry.all();
    const roots = this.registry
      .groups()
      .flatMap(({ group, versions }) => versions.map((v) => discoveryPath(group, v, 2)));
    const paths = Object.assign({}, ...roots, ...kinds.map((k) => pathsOf(k, 2))) as Record<string, Node>;
    const builtin = Object.fromEntries(Object.keys(typeFacts).map((name) => [name, definitionOf(name, 2) as Node]));
    const custom = Object.assign(
      {},
      ...kinds.filter((k) => k.custom).map((k) => customDefinitions(this.store, k, 2)),
    ) as Record<string, Node>;
    return documentOf({
      swagger: '2.0',
      info: INFO,
      paths,
      definitions: { ...builtin, ...custom },
      securityDefinitions: { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header' } },
      security: [{ BearerToken: [] }],
    });
  }
}
