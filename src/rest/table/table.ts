import { stringifyExact } from '../../go/json-numbers.ts';
import type { ObjectAnswer } from '../../api/contract.ts';
import { fromStorage, objectBytes } from '../../kinds/encode.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { KubeObject, ListMeta } from '../../meta/object.ts';
import { badRequest } from '../../meta/status.ts';
import type { Stored } from '../../store/contract.ts';
import { metadataOf, partialBytes, partialObject } from '../encoding/partial.ts';
import { cellsOf } from '../../kinds/table-cells.ts';
import { columnsOf, type ColumnDefinition } from '../../kinds/table-columns.ts';
import { isScale, SCALE_COLUMNS, scaleCells } from './scale.ts';

type Version = 'v1' | 'v1beta1';
/** What a row carries of its object. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** `includeObject` of the query; '' means Metadata. Throws 400. */
export function includeObjectOf(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject') ?? '';
  if (value === '' || value === 'Metadata') return 'Metadata';
  if (value === 'None' || value === 'Object') return value;
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

/** The part of a kind's object that is printed: built-in kinds print the stored version, whatever version was asked for. */
const printedOf = (kind: Kind, stored: Stored): KubeObject =>
  kind.custom ? fromStorage(kind, stored.object) : stored.object;

const conditionsOf = (kind: Kind | undefined, object: KubeObject): object[] | undefined =>
  kind?.storage.strategy.rowConditions?.(object);

/** Table of a single object (meta/v1 Table, see https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables). */
export function tableOfObject(answer: ObjectAnswer, version: Version, include: IncludeObject, now: number) {
  const { kind, object, stored } = answer;
  const { resourceVersion } = object.metadata;
  const printed = kind && stored ? printedOf(kind, stored) : object;
  const conditions = conditionsOf(kind, printed);
  const scale = isScale(object);
  const row =
    include === 'Object' ? object : include === 'Metadata' ? partialObject(metadataOf(answer), version) : null;
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: { ...(resourceVersion && { resourceVersion }) },
    columnDefinitions: scale ? SCALE_COLUMNS : columnsOf(kind),
    rows: [
      {
        cells: scale ? scaleCells(object, now) : cellsOf(kind, printed, now),
        ...(conditions && { conditions }),
        object: row,
      },
    ],
  };
}

function rowBytes(kind: Kind, stored: Stored, version: Version, include: IncludeObject, now: number): Buffer {
  const printed = printedOf(kind, stored);
  const conditions = conditionsOf(kind, printed);
  const cells =
    stringifyExact(cellsOf(kind, printed, now)) + (conditions ? `,"conditions":${JSON.stringify(conditions)}` : '');
  const object =
    include === 'Object'
      ? objectBytes(kind, stored)
      : include === 'Metadata'
        ? partialBytes(kind, stored, version)
        : 'null';
  return typeof object === 'string'
    ? Buffer.from(`{"cells":${cells},"object":null}`)
    : Buffer.concat([Buffer.from(`{"cells":${cells},"object":`), object, Buffer.from('}')]);
}

const head = (version: Version, meta: ListMeta, columns: readonly ColumnDefinition[] | null): Buffer =>
  Buffer.from(
    `{"kind":"Table","apiVersion":"meta.k8s.io/${version}","metadata":${JSON.stringify(meta)},"columnDefinitions":${JSON.stringify(columns)},"rows":[`,
  );

/** JSON of a list as a Table, row by row. */
export function* tablePieces(
  kind: Kind,
  items: readonly Stored[],
  meta: ListMeta,
  version: Version,
  include: IncludeObject,
  now: number,
): Generator<Buffer> {
  yield head(version, meta, columnsOf(kind));
  const comma = Buffer.from(',');
  let first = true;
  for (const item of items) {
    if (!first) yield comma;
    first = false;
    yield rowBytes(kind, item, version, include, now);
  }
  yield Buffer.from(']}');
}

/** JSON of the Table of one watch event; only a watch's first Table has column definitions. */
export function tableOfEvent(
  kind: Kind,
  stored: Stored,
  version: Version,
  include: IncludeObject,
  now: number,
  first: boolean,
): Buffer {
  return Buffer.concat([
    head(version, { resourceVersion: String(stored.revision) }, first ? columnsOf(kind) : null),
    rowBytes(kind, stored, version, include, now),
    Buffer.from(']}'),
  ]);
}
