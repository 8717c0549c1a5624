import { createHash } from 'node:crypto';
import { standingTypes } from '../../kinds/facts.ts';
import { closure } from './definitions.ts';
import type { Kind, Registry } from '../../kinds/kind.ts';
import { encodeOpenApi } from './protobuf.ts';
import { Fragments, joined, JSON_FORM, PROTOBUF_FORM } from './fragments.ts';
import type { Pieces } from './pieces.ts';
import { servedHash } from './served-hash.ts';
import { typeNameOf } from './type-names.ts';
import { INFO, SECURITY } from './info.ts';

const HEAD = { swagger: '2.0', info: INFO };
const TAIL = { securityDefinitions: SECURITY, security: [{ BearerToken: [] }] };
const standing = new Set(standingTypes);

/**
 * The document of version 2, all that is served in one. With a thousand definitions it has a hundred megabytes: it is
 * never there as a whole, but sent kind by kind, each part made when it is its turn.
 */
export class SecondVersion {
  private readonly json = new Fragments(JSON_FORM);
  private readonly protobuf = new Fragments(PROTOBUF_FORM);
  private known: { generation: number; hash: string } | undefined;

  constructor(private readonly registry: Registry) {}

  /** The same as gnostic's message has another one, as its bytes differ. */
  hash(form: 'json' | 'protobuf'): string {
    const { generation } = this.registry;
    if (this.known?.generation !== generation) this.known = { generation, hash: servedHash('v2', this.registry.all()) };
    return form === 'json'
      ? this.known.hash
      : createHash('sha512').update(`protobuf ${this.known.hash}`).digest('hex').toUpperCase();
  }

  *jsonPieces(): Pieces {
    const { registry, json } = this;
    const kinds = registry.all();
    const roots = registry.groups();
    yield Buffer.from(`${JSON.stringify(HEAD).slice(0, -1)},"paths":{`);
    yield* joined(JSON_FORM, this.paths(json, kinds, roots));
    yield Buffer.from('},"definitions":{');
    yield* joined(JSON_FORM, this.definitions(json, kinds));
    yield Buffer.from(`},${JSON.stringify(TAIL).slice(1)}`);
  }

  /** gnostic's `openapi.v2.Document`, which older clients ask for. */
  *protobufPieces(): Pieces {
    const { registry, protobuf } = this;
    const kinds = registry.all();
    const roots = registry.groups();
    yield encodeOpenApi(HEAD);
    yield* joined(PROTOBUF_FORM, this.paths(protobuf, kinds, roots));
    yield* joined(PROTOBUF_FORM, this.definitions(protobuf, kinds));
    yield encodeOpenApi(TAIL);
  }

  private *paths(
    fragments: Fragments,
    kinds: readonly Kind[],
    roots: ReturnType<Registry['groups']>,
  ): Generator<Buffer> {
    for (const { group, versions } of roots) for (const version of versions) yield fragments.root(group, version);
    for (const kind of kinds) yield fragments.paths(kind);
  }

  private *definitions(fragments: Fragments, kinds: readonly Kind[]): Generator<Buffer | undefined> {
    const own = kinds.flatMap((kind) => (kind.custom ? [] : (typeNameOf(kind) ?? [])));
    const more = own.some((name) => !standing.has(name)) ? [...closure(new Set(own), 2)].map(([name]) => name) : [];
    for (const name of new Set([...standing, ...more])) yield fragments.type(name);
    for (const kind of kinds) if (kind.custom) yield fragments.definitions(kind);
  }
}
