import { createHash } from 'node:crypto';
import { standingTypes } from '../../kinds/facts.ts';
import { customDefinitions, customTypeNames } from './custom.ts';
import { closure, definitionOf, type Node } from './definitions.ts';
import type { Kind, Registry } from '../../kinds/kind.ts';
import { encodeOpenApi } from './protobuf.ts';
import { Fragments, joined, JSON_FORM, PROTOBUF_FORM, type Form } from './fragments.ts';
import type { SecondDocument } from './others/documents.ts';
import { merge, type Added } from './others/merge.ts';
import type { Pieces } from './pieces.ts';
import { servedHash } from './served-hash.ts';
import { typeNameOf } from './type-names.ts';
import { INFO, SECURITY } from './info.ts';

const HEAD = { swagger: '2.0', info: INFO };
const TAIL = { securityDefinitions: SECURITY, security: [{ BearerToken: [] }] };
const NOTHING = Buffer.alloc(0);
const standing = new Set(standingTypes);

/**
 * The document of version 2, all that is served in one. With a thousand definitions it has a hundred megabytes: it is
 * never there as a whole, but sent kind by kind, each part made when it is its turn.
 */
export class SecondVersion {
  private readonly json = new Fragments(JSON_FORM);
  private readonly protobuf = new Fragments(PROTOBUF_FORM);
  private known: { generation: number; hash: string } | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly others: () => readonly SecondDocument[],
  ) {}

  /** The same as gnostic's message has another one, as its bytes differ. */
  hash(form: 'json' | 'protobuf'): string {
    const { generation } = this.registry;
    if (this.known?.generation !== generation) this.known = { generation, hash: servedHash('v2', this.registry.all()) };
    const { hash } = this.known;
    const others = this.others().map(({ etag }) => etag);
    if (form === 'json' && others.length === 0) return hash;
    return createHash('sha512')
      .update(JSON.stringify([form, hash, ...others]))
      .digest('hex')
      .toUpperCase();
  }

  *jsonPieces(): Pieces {
    const { registry, json } = this;
    const kinds = registry.all();
    const roots = registry.groups();
    const added = yield* this.added(kinds);
    yield Buffer.from(`${JSON.stringify(HEAD).slice(0, -1)},"paths":{`);
    yield* joined(JSON_FORM, this.paths(json, kinds, roots, added));
    yield Buffer.from('},"definitions":{');
    yield* joined(JSON_FORM, this.definitions(json, kinds, added));
    yield Buffer.from('},');
    if (added?.parameters.size) {
      yield Buffer.from('"parameters":{');
      yield* joined(JSON_FORM, partsOf('parameters', added.parameters, JSON_FORM));
      yield Buffer.from('},');
    }
    yield Buffer.from(JSON.stringify(TAIL).slice(1));
  }

  /** gnostic's `openapi.v2.Document`, which older clients ask for. */
  *protobufPieces(): Pieces {
    const { registry, protobuf } = this;
    const kinds = registry.all();
    const roots = registry.groups();
    const added = yield* this.added(kinds);
    yield encodeOpenApi(HEAD);
    yield* joined(PROTOBUF_FORM, this.paths(protobuf, kinds, roots, added));
    yield* joined(PROTOBUF_FORM, this.definitions(protobuf, kinds, added));
    if (added) yield* partsOf('parameters', added.parameters, PROTOBUF_FORM);
    yield encodeOpenApi(TAIL);
  }

  /** What other servers add; undefined where there are none. */
  private *added(kinds: readonly Kind[]): Generator<Buffer, Added | undefined, void> {
    const others = this.others();
    if (others.length === 0) return undefined;
    const custom = new Map(
      kinds.filter((kind) => kind.custom).flatMap((kind) => customTypeNames(kind).map((name) => [name, kind])),
    );
    const builtin = builtinTypes(kinds);
    const merging = merge(others, (name) => {
      const kind = custom.get(name);
      return builtin.has(name) ? definitionOf(name, 2) : kind && customDefinitions(kind, 2)[name];
    });
    for (let next = merging.next(); ; next = merging.next()) {
      if (next.done) return next.value;
      yield NOTHING;
    }
  }

  private *paths(
    fragments: Fragments,
    kinds: readonly Kind[],
    roots: ReturnType<Registry['groups']>,
    added: Added | undefined,
  ): Generator<Buffer> {
    for (const { group, versions } of roots) for (const version of versions) yield fragments.root(group, version);
    for (const kind of kinds) yield fragments.paths(kind);
    if (added) yield* partsOf('paths', added.paths, fragments.form);
  }

  private *definitions(
    fragments: Fragments,
    kinds: readonly Kind[],
    added: Added | undefined,
  ): Generator<Buffer | undefined> {
    for (const name of builtinTypes(kinds)) yield fragments.type(name, added?.kinds.get(name));
    for (const kind of kinds) if (kind.custom) yield fragments.definitions(kind);
    if (added) yield* partsOf('definitions', added.definitions, fragments.form);
  }
}

function builtinTypes(kinds: readonly Kind[]): Set<string> {
  const own = kinds.flatMap((kind) => (kind.custom ? [] : (typeNameOf(kind) ?? [])));
  const more = own.some((name) => !standing.has(name)) ? [...closure(new Set(own), 2)].map(([name]) => name) : [];
  return new Set([...standing, ...more]);
}

function* partsOf(
  part: 'paths' | 'definitions' | 'parameters',
  some: ReadonlyMap<string, Node>,
  form: Form,
): Generator<Buffer> {
  for (const [name, node] of some) yield form[part]({ [name]: node });
}
