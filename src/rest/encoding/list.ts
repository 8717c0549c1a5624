import { parseExact, stringifyExact } from '../../go/json-numbers.ts';
import type { ListAnswer } from '../../api/contract.ts';
import { listBytes } from '../../kinds/encode.ts';
import { notAcceptable } from '../../meta/status.ts';
import type { Media } from '../negotiation/negotiate.ts';
import { tablePieces, type IncludeObject } from '../table/table.ts';
import { listMeta } from './list-meta.ts';
import { partialBytes } from './partial.ts';
import { protobufListPieces } from './protobuf-list.ts';
import { encodePlain } from './status.ts';

const NEW_LINE = Buffer.from('\n');
const COMMA = Buffer.from(',');

/** Pieces of an answer and about how many bytes they are together. */
export interface Pieces {
  size: number;
  pieces: Iterable<Buffer>;
}

const BRACE = '{'.charCodeAt(0);

/** A list in pieces, so that a large one is never one buffer. Throws 406 where the client asked for a single object's form. */
export function encodeList(list: ListAnswer, media: Media, include: IncludeObject, now: number): Pieces {
  const size = list.items.reduce((sum, item) => sum + item.bytes.length, 0);
  if (media.as?.kind === 'PartialObjectMetadata') {
    const { kind } = list;
    const type = kind.custom
      ? '*unstructured.UnstructuredList'
      : `*${kind.group.split('.', 1)[0] || 'core'}.${kind.listKind}`;
    throw notAcceptable(`you requested PartialObjectMetadata, but the requested object is a list (${type})`);
  }
  if (media.format === 'protobuf') {
    if (media.as?.kind === 'Table')
      throw notAcceptable(
        'object *v1.Table does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message',
      );
    return { size, pieces: protobufListPieces(list, media.as?.version) };
  }
  if (media.format === 'yaml' || media.pretty) return { size, pieces: readablePieces(list, media, include, now) };
  return { size, pieces: jsonPieces(list, media, include, now) };
}

/** Indented JSON or YAML, item by item: what stands around them is made from the same list without items. */
function* readablePieces(list: ListAnswer, media: Media, include: IncludeObject, now: number): Generator<Buffer> {
  const field = media.as?.kind === 'Table' ? 'rows' : 'items';
  const empty = Buffer.concat([...jsonPieces({ ...list, items: [] }, media, include, now)]).toString();
  const frame = encodePlain(parseExact(empty), media).toString();
  const yaml = media.format === 'yaml';
  const mark = yaml ? `${field}: []\n` : `"${field}": []`;
  // keys of the list itself: in YAML at the begin of a line, in JSON after two spaces
  const at = frame.startsWith(mark) ? 0 : frame.indexOf(yaml ? `\n${mark}` : `\n  ${mark}`) + (yaml ? 1 : 3);
  if (list.items.length === 0) {
    yield Buffer.from(frame);
    return;
  }
  yield Buffer.from(frame.slice(0, at) + (yaml ? `${field}:\n` : `"${field}": [`));
  let first = true;
  let head = true;
  for (const piece of jsonPieces(list, media, include, now)) {
    if (!head && piece[0] === BRACE) {
      const item = parseExact(piece.toString());
      yield yaml
        ? encodePlain([item], media)
        : Buffer.from(`${first ? '' : ','}\n    ${stringifyExact(item, 2).replaceAll('\n', '\n    ')}`);
      first = false;
    }
    head = false;
  }
  yield Buffer.from((yaml ? '' : '\n  ]') + frame.slice(at + mark.length));
}

function* jsonPieces(list: ListAnswer, media: Media, include: IncludeObject, now: number): Generator<Buffer> {
  const meta = listMeta(list);
  if (media.as?.kind === 'Table') yield* tablePieces(list.kind, list.items, meta, media.as.version, include, now);
  else if (media.as) {
    const { version } = media.as;
    yield Buffer.from(
      `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/${version}","metadata":${JSON.stringify(meta)},"items":[`,
    );
    let first = true;
    for (const item of list.items) {
      if (!first) yield COMMA;
      first = false;
      yield partialBytes(list.kind, item, version);
    }
    yield Buffer.from(']}');
  } else yield* listBytes(list.kind, meta, list.items);
  yield NEW_LINE;
}
