import {
  getNullableType,
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLInt,
  GraphQLString,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type FieldNode,
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLScalarType,
  type GraphQLSchema,
} from 'graphql';
import type { Budget } from '../budget.ts';
import { quoted, writeJson, type JsonWriter } from '../json-text.ts';
import { OUR_SCALARS } from '../schema/scalars.ts';
import { collectFields, type Fragments } from './selections.ts';

/** Writes a value of one type, with what the document selects of it. */
export type Write = (value: unknown, out: JsonWriter) => void;

/** The same of a value that has a list of objects: counted, and others have their turn between two of them. */
export type WriteLong = (value: unknown, out: JsonWriter, budget: Budget) => Promise<void>;

/**
 * Thrown by a writer that meets a value which is not of its type as it stands: GraphQL would coerce it or report an
 * error with a path, and graphql-js does that.
 */
export const NOT_COVERED = new Error('a value that only graphql-js can answer');

const INT32 = 2 ** 31;
const scalars = new Map<GraphQLLeafType, Write>([
  [
    GraphQLString,
    (value, out) => {
      if (typeof value !== 'string') throw NOT_COVERED;
      out.text += quoted(value);
    },
  ],
  [
    GraphQLInt,
    (value, out) => {
      if (typeof value !== 'number' || !Number.isInteger(value) || value >= INT32 || value < -INT32) throw NOT_COVERED;
      out.text += value;
    },
  ],
  [
    GraphQLFloat,
    (value, out) => {
      if (typeof value !== 'number' || !Number.isFinite(value)) throw NOT_COVERED;
      out.text += value;
    },
  ],
  [
    GraphQLBoolean,
    (value, out) => {
      if (typeof value !== 'boolean') throw NOT_COVERED;
      out.text += value;
    },
  ],
]);

/** Fields of one document; what nests fragments in fragments to many more is left to graphql-js. */
const MAX_FIELDS = 5000;

/** Items of the lists of one object, beyond which graphql-js answers: it gives way between them. */
const MAX_ITEMS = 5000;

interface FieldWriter {
  /** `{"name":` or `,"name":` */
  head: string;
  /** JSON property, or what reads the value */
  name: string;
  resolve: GraphQLField<unknown, unknown>['resolve'] | undefined;
  write: Write;
  /** of an item, where the value is a list */
  item: Write | undefined;
}

/** Makes writers of a document's selections; undefined for what is not covered: relations, arguments, directives, abstract types. */
export class Writers {
  private fields = 0;

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly fragments: Fragments,
  ) {}

  of(type: GraphQLOutputType, nodes: readonly FieldNode[]): Write | undefined {
    if (isNonNullType(type)) {
      const write = this.of(type.ofType, nodes);
      return (
        write &&
        ((value, out) => {
          if (value === null || value === undefined) throw NOT_COVERED;
          write(value, out);
        })
      );
    }
    const write = isListType(type)
      ? list(this.of(type.ofType, nodes))
      : isObjectType(type)
        ? object(this.fieldsOf(type, nodes))
        : leaf(type);
    return orNull(write);
  }

  /** Of a root field: its lists, or those of the object that it is. */
  long(type: GraphQLOutputType, nodes: readonly FieldNode[]): WriteLong | undefined {
    const of = getNullableType(type);
    const fields = isObjectType(of) ? this.fieldsOf(of, nodes) : undefined;
    if (!fields) {
      const write = isObjectType(of) ? undefined : this.of(type, nodes);
      return write && ((value, out) => Promise.resolve(write(value, out)));
    }
    return async (value, out, budget) => {
      if (value === null || value === undefined) {
        if (of !== type) throw NOT_COVERED;
        out.text += 'null';
        return;
      }
      if (typeof value !== 'object') throw NOT_COVERED;
      for (const { head, name, resolve, write, item } of fields) {
        out.text += head;
        let part = partOf(value, name, resolve);
        if (part instanceof Promise) part = await part;
        if (item && Array.isArray(part)) await writeItems(part, item, out, budget);
        else write(part, out);
      }
      out.text += '}';
    };
  }

  private fieldsOf(type: GraphQLObjectType, nodes: readonly FieldNode[]): FieldWriter[] | undefined {
    const sets = nodes.map((node) => node.selectionSet!);
    const selected = collectFields(this.schema, this.fragments, type, sets);
    if (!selected) return undefined;
    const fields: FieldWriter[] = [];
    for (const [as, [node, ...more]] of selected) {
      if (++this.fields > MAX_FIELDS) return undefined;
      const field = this.field(type, [node!, ...more]);
      if (!field) return undefined;
      fields.push({ ...field, head: `${fields.length ? ',' : '{'}${JSON.stringify(as)}:` });
    }
    return fields;
  }

  private field(type: GraphQLObjectType, nodes: readonly FieldNode[]): Omit<FieldWriter, 'head'> | undefined {
    const name = nodes[0]!.name.value;
    if (name === '__typename') return { name, resolve: () => type.name, write: leaf(GraphQLString)!, item: undefined };
    const field = type.getFields()[name];
    if (!field || field.args.length || (field.resolve && !field.extensions['plain'])) return undefined;
    const of = getNullableType(field.type);
    const item = isListType(of) ? this.of(of.ofType, nodes) : undefined;
    const write = !isListType(of) ? this.of(field.type, nodes) : of === field.type ? orNull(list(item)) : list(item);
    return write && { name, resolve: field.resolve, write, item };
  }
}

const orNull = (write: Write | undefined): Write | undefined =>
  write &&
  ((value, out) => {
    if (value === null || value === undefined) out.text += 'null';
    else write(value, out);
  });

const list = (write: Write | undefined): Write | undefined =>
  write &&
  ((value, out) => {
    if (!Array.isArray(value) || (out.items += value.length) > MAX_ITEMS) throw NOT_COVERED;
    for (let i = 0; i < value.length; i++) {
      out.text += i === 0 ? '[' : ',';
      write(value[i], out);
    }
    out.text += value.length ? ']' : '[]';
  });

const object = (fields: readonly FieldWriter[] | undefined): Write | undefined =>
  fields &&
  ((value, out) => {
    if (typeof value !== 'object' || value === null) throw NOT_COVERED;
    for (const { head, name, resolve, write } of fields) {
      out.text += head;
      write(partOf(value, name, resolve), out);
    }
    out.text += '}';
  });

function partOf(value: object, name: string, resolve: FieldWriter['resolve']): unknown {
  // PLAIN: these resolvers look at their first argument only.
  const part: unknown = resolve
    ? resolve(value, undefined as never, undefined, undefined as never)
    : (value as Record<string, unknown>)[name];
  if (typeof part === 'function') throw NOT_COVERED;
  return part;
}

async function writeItems(items: readonly unknown[], write: Write, out: JsonWriter, budget: Budget): Promise<void> {
  for (const [i, item] of items.entries()) {
    out.items = 0;
    out.text += i === 0 ? '[' : ',';
    write(item, out);
    const spilled = out.spillLong();
    if (spilled) budget.write(spilled);
    if (budget.due) await budget.turn();
  }
  out.text += items.length ? ']' : '[]';
}

/** A value that is called as it is, as ours are. */
const named =
  (type: GraphQLEnumType): Write =>
  (value, out) => {
    if (typeof value !== 'string' || type.getValue(value)?.value !== value) throw NOT_COVERED;
    out.text += `"${value}"`;
  };

/** Our own scalars pass on what the API answers as it is; another scalar is not covered. */
const leaf = (type: GraphQLOutputType): Write | undefined =>
  isEnumType(type)
    ? named(type)
    : isLeafType(type)
      ? (scalars.get(type) ?? (OUR_SCALARS.has((type as GraphQLScalarType).name) ? writeJson : undefined))
      : undefined;
