import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { LRUCache } from 'lru-cache';
import { stringifyExact } from '../../go/json-numbers.ts';
import { typeFacts } from '../../kinds/facts.ts';
import type { Kind } from '../../kinds/kind.ts';
import { customDefinitions, customTypeNames } from './custom.ts';
import { definitionOf, type Node } from './definitions.ts';
import { discoveryPath, pathsOf } from './operations.ts';
import { withKinds } from './others/merge.ts';
import { encodeOpenApi } from './protobuf.ts';

/** A form in which a document of version 2 is sent: what some of its paths, or of its types, become. */
export interface Form {
  /** what is put between two fragments */
  comma: Buffer;
  paths(some: Record<string, Node>): Buffer;
  definitions(some: Record<string, Node>): Buffer;
  parameters(some: Record<string, Node>): Buffer;
}

const withoutBraces = (some: Record<string, Node>): Buffer => Buffer.from(stringifyExact(some).slice(1, -1));

export const JSON_FORM: Form = {
  comma: Buffer.from(','),
  paths: withoutBraces,
  definitions: withoutBraces,
  parameters: withoutBraces,
};
/** A message that comes in pieces is put together by who reads it: pieces of one document are documents. */
export const PROTOBUF_FORM: Form = {
  comma: Buffer.alloc(0),
  paths: (paths) => encodeOpenApi({ paths }),
  definitions: (definitions) => encodeOpenApi({ definitions }),
  parameters: (parameters) => encodeOpenApi({ parameters }),
};

/**
 * Bytes of what is kept of custom kinds, in one form; the rest is made when it is asked for. They are compressed: what a
 * thousand definitions become has 60 MB, and a document goes through all of it, so that with less than all nothing would
 * be found. To inflate a part takes a sixth of the time of making it.
 */
const MAX_KEPT = 16 * 1024 * 1024;

/** The parts of a document of version 2 in one form. Each is made once, those of custom kinds as long as there is room. */
export class Fragments {
  private readonly builtinPaths = new WeakMap<Kind, Buffer>();
  private readonly types = new Map<string, Buffer>();
  private readonly custom = new LRUCache<string, Buffer>({
    maxSize: MAX_KEPT,
    sizeCalculation: ({ length }) => length,
  });

  constructor(readonly form: Form) {}

  root(group: string, version: string): Buffer {
    return this.form.paths(discoveryPath(group, version, 2));
  }

  paths(kind: Kind): Buffer {
    const make = (): Buffer => this.form.paths(pathsOf(kind, 2));
    if (kind.custom) return this.ofCustom('paths', kind, make);
    let made = this.builtinPaths.get(kind);
    if (!made) this.builtinPaths.set(kind, (made = make()));
    return made;
  }

  /** @param kinds that it stands for besides its own */
  type(name: string, kinds?: readonly unknown[]): Buffer {
    if (kinds) return this.form.definitions({ [name]: withKinds(definitionOf(name, 2) ?? {}, kinds) });
    let made = this.types.get(name);
    if (!made) this.types.set(name, (made = this.form.definitions({ [name]: definitionOf(name, 2) ?? {} })));
    return made;
  }

  /** The types of a custom kind and its list; none of a name that a built-in type has. */
  definitions(kind: Kind): Buffer | undefined {
    if (customTypeNames(kind).some((name) => Object.hasOwn(typeFacts, name))) return undefined;
    return this.ofCustom('types', kind, () => this.form.definitions(customDefinitions(kind, 2)));
  }

  private ofCustom(what: string, kind: Kind, make: () => Buffer): Buffer {
    const key = `${what} ${kind.storage.key} ${kind.version} ${kind.definition?.id}`;
    const known = this.custom.get(key);
    if (known) return inflateRawSync(known);
    const made = make();
    // a copy, as what comes out of zlib is the beginning of a larger buffer
    this.custom.set(key, Buffer.from(deflateRawSync(made, { level: constants.Z_BEST_SPEED })));
    return made;
  }
}

/** All fragments of one place in the document, each after the first with what stands between two. */
export function* joined(form: Form, fragments: Iterable<Buffer | undefined>): Generator<Buffer> {
  let first = true;
  for (const fragment of fragments) {
    if (!fragment?.length) continue;
    if (!first) yield form.comma;
    first = false;
    yield fragment;
  }
}
