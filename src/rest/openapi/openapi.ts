import { stringifyExact } from '../../go/json-numbers.ts';
import type { Kind, Registry } from '../../kinds/kind.ts';
import { customDefinitions } from './custom.ts';
import { closure, refsOf } from './definitions.ts';
import { INFO, SECURITY } from './info.ts';
import { discoveryPath, pathsOf } from './operations.ts';
import { NO_OTHERS, type OtherDocuments } from './others/documents.ts';
import type { Pieces } from './pieces.ts';
import { SecondVersion } from './second.ts';
import { servedHash } from './served-hash.ts';
import { typeNameOf } from './type-names.ts';

/** where the documents of version 3 are */
export const V3 = '/openapi/v3';

/** What version 3 serves of one group and version. */
export interface ThirdDocument {
  /** see servedHash */
  hash: string;
  pieces(): Pieces;
}

interface GroupVersion {
  group: string;
  version: string;
  kinds: readonly Kind[];
  hash: string;
}

const textOf = (value: unknown): Buffer => Buffer.from(stringifyExact(value));

/** The fields of an object, one after the other, without its braces. */
function* fields(of: Record<string, unknown>, after: boolean): Pieces {
  for (const [name, value] of Object.entries(of)) {
    yield Buffer.from(`${after ? ',' : ''}${JSON.stringify(name)}:`);
    yield textOf(value);
    after = true;
  }
}

function* thirdPieces({ group, version, kinds }: GroupVersion): Pieces {
  const names = new Set<string>();
  const refer = (node: unknown): void => void refsOf(node, names);
  yield Buffer.from(`{"openapi":"3.0.0","info":${JSON.stringify(INFO)},"paths":{`);
  const root = discoveryPath(group, version, 3);
  refer(root);
  yield* fields(root, false);
  for (const kind of kinds) {
    const paths = pathsOf(kind, 3);
    refer(paths);
    yield* fields(paths, true);
  }
  yield Buffer.from('},"components":{"schemas":{');
  const made = new Set<string>();
  for (const kind of kinds) {
    if (!kind.custom) {
      names.add(typeNameOf(kind) ?? '');
      continue;
    }
    const own = customDefinitions(kind, 3);
    refer(own);
    yield* fields(own, made.size > 0);
    for (const name of Object.keys(own)) made.add(name);
  }
  let any = made.size > 0;
  for (const [name, type] of closure(names, 3)) {
    if (made.has(name)) continue;
    yield* fields({ [name]: type }, any);
    any = true;
  }
  yield Buffer.from(`},"securitySchemes":${JSON.stringify(SECURITY)}}}`);
}

/**
 * OpenAPI of what is served: version 2 as one document, version 3 one per group and version. Documents are made as they
 * are sent, since clients keep them by their hashes.
 */
export class OpenApi {
  readonly second: SecondVersion;
  private made: { generation: number; documents: ReadonlyMap<string, GroupVersion> } | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly others: OtherDocuments = NO_OTHERS,
  ) {
    this.second = new SecondVersion(registry, () => others.second());
  }

  /** What version 3 has documents for, and where: `api/v1`, `apis/apps/v1` … What this server has itself is its own. */
  index(): ReadonlyMap<string, string> {
    const own = [...this.documents()].map(([path, { hash }]): [string, string] => [path, `${V3}/${path}?hash=${hash}`]);
    const others = this.others.index();
    return new Map(others.size === 0 ? own : [...others, ...own]);
  }

  /** The document of a group and version; undefined where there is none. */
  third(path: string): ThirdDocument | undefined {
    const found = this.documents().get(path);
    return found && { hash: found.hash, pieces: () => thirdPieces(found) };
  }

  private documents(): ReadonlyMap<string, GroupVersion> {
    const { generation } = this.registry;
    if (this.made?.generation !== generation) this.made = { generation, documents: this.find() };
    return this.made.documents;
  }

  private find(): Map<string, GroupVersion> {
    const kinds = new Map<string, Kind[]>();
    for (const kind of this.registry.all()) {
      const id = `${kind.group}/${kind.version}`;
      const own = kinds.get(id);
      if (own) own.push(kind);
      else kinds.set(id, [kind]);
    }
    return new Map(
      this.registry.groups().flatMap(({ group, versions }) =>
        versions.map((version) => {
          const path = group ? `apis/${group}/${version}` : `api/${version}`;
          const own = kinds.get(`${group}/${version}`) ?? [];
          return [path, { group, version, kinds: own, hash: servedHash(path, own) }];
        }),
      ),
    );
  }
}
