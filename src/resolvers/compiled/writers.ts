import {
  getNullableType,
  GraphQLString,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  type FieldNode,
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';
import { compileArguments } from './arguments.ts';
import { leaf, NOT_COVERED, type Write } from './leaves.ts';
import type { Read } from './reads.ts';
import type { Asked, Path, Run } from './run.ts';
import { collectFields, type Fragments } from './selections.ts';

/** The same of a value that leads to others: what it leads to may have to be waited for, and may fail by itself. */
type WriteDeep = (value: unknown, run: Run, path: Path) => Promise<void>;

/** Writes a value of one type; in one go where everything that is selected of it is in it. */
export type Writer = { write: Write; deep?: undefined } | { deep: WriteDeep; write?: undefined };

/** Fields of one document; what nests fragments in fragments to many more is left to graphql-js. */
const MAX_FIELDS = 5000;

/** Items of the lists of one object, beyond which graphql-js answers: it gives way between them. */
const MAX_ITEMS = 5000;

interface FieldWriter {
  write: Write | undefined;
  deep: WriteDeep | undefined;
  as: string;
  /** `{"name":` or `,"name":` */
  head: string;
  /** JSON property, or what reads the value */
  name: string;
  resolve: GraphQLField<unknown, unknown>['resolve'] | undefined;
  /** what leads elsewhere or has arguments, and reads them */
  lead: (Asked & { read: Read }) | undefined;
}

type NowWriter = FieldWriter & { write: Write };
const isNow = (field: FieldWriter): field is NowWriter => field.write !== undefined;

/** What a list stands in: its items are counted, each with its fields, where a relation has led to them. */
interface Place {
  /** lists of objects here are the answer's own, or a relation's: they have pauses between their items */
  paged: boolean;
  related: boolean;
}
const INSIDE: Place = { paged: false, related: false };

/** Makes writers of a document's selections; undefined for what is not covered: directives, unions, resolvers that need more than their object. */
export class Writers {
  private fields = 0;

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly fragments: Fragments,
  ) {}

  /** Of a root field: its lists, or those of the object that it is, have pauses. */
  root(type: GraphQLOutputType, nodes: readonly FieldNode[]): Writer | undefined {
    return this.of(type, nodes, { paged: true, related: false });
  }

  of(type: GraphQLOutputType, nodes: readonly FieldNode[], place = INSIDE): Writer | undefined {
    if (isNonNullType(type)) return present(this.of(type.ofType, nodes, place));
    if (isListType(type)) {
      const before = this.fields;
      const item = this.of(type.ofType, nodes);
      if (!item) return undefined;
      if (item.write && !place.paged) return orNull({ write: list(item.write) });
      return orNull({ deep: listDeep(item, nodes, place.related ? this.fields - before + 1 : 0) });
    }
    if (isObjectType(type)) return orNull(object(this.fieldsOf(type, nodes, place), place));
    if (isInterfaceType(type)) return orNull(this.abstract(type, nodes));
    const write = leaf(type);
    return write && orNull({ write });
  }

  private fieldsOf(type: GraphQLObjectType, nodes: readonly FieldNode[], place: Place): FieldWriter[] | undefined {
    const sets = nodes.map((node) => node.selectionSet!);
    const selected = collectFields(this.schema, this.fragments, type, sets);
    if (!selected) return undefined;
    const fields: FieldWriter[] = [];
    for (const [as, [node, ...more]] of selected) {
      if (++this.fields > MAX_FIELDS) return undefined;
      const field = this.field(type, [node!, ...more], place);
      if (!field) return undefined;
      fields.push({ ...field, as, head: `${fields.length ? ',' : '{'}${JSON.stringify(as)}:` });
    }
    return fields;
  }

  private field(
    type: GraphQLObjectType,
    nodes: readonly FieldNode[],
    place: Place,
  ): Omit<FieldWriter, 'head' | 'as'> | undefined {
    const node = nodes[0]!;
    const name = node.name.value;
    if (name === '__typename')
      return { name, resolve: () => type.name, write: leaf(GraphQLString), deep: undefined, lead: undefined };
    const field = type.getFields()[name] as GraphQLField<unknown, unknown> | undefined;
    if (!field) return undefined;
    const { plain, reads } = field.extensions as { plain?: boolean; reads?: Read };
    if (field.resolve && !plain && !reads) return undefined;
    const read = reads ?? (field.args.length ? (field.resolve as Read | undefined) : undefined);
    if (field.args.length && !read) return undefined;
    const writer = this.of(field.type, nodes, reads ? { paged: true, related: true } : ofList(place, field.type));
    if (!writer) return undefined;
    const { resolve } = field;
    const lead = read && { field, nodes, read, arguments: compileArguments(field, node, true) };
    const { write, deep } = writer;
    return lead
      ? { name, resolve, lead, write: undefined, deep: leading(writer, lead) }
      : { name, resolve, lead, write, deep };
  }

  /** The writers of the types that are met, each made when it is. */
  private abstract(type: GraphQLInterfaceType, nodes: readonly FieldNode[]): Writer {
    const made = new Map<string, Writer | undefined>();
    return {
      deep: async (value, run, path) => {
        const name: unknown = type.resolveType?.(value, run.context, undefined as never, type);
        if (typeof name !== 'string') throw NOT_COVERED;
        if (!made.has(name)) {
          const concrete = this.schema.getType(name);
          made.set(name, isObjectType(concrete) ? this.of(concrete, nodes) : undefined);
        }
        const writer = made.get(name);
        if (!writer) throw NOT_COVERED;
        await writeWith(writer, value, run, path);
      },
    };
  }
}

/** A list right in a page is the page's; one in an object of it is the object's. */
const ofList = (place: Place, type: GraphQLOutputType): Place => (isListType(getNullableType(type)) ? place : INSIDE);

const writeWith = (writer: Writer, value: unknown, run: Run, path: Path): Promise<void> | void =>
  writer.deep ? writer.deep(value, run, path) : writer.write(value, run.out);

/** What a field leads to, in its own time; what goes wrong there is the error of that field alone. */
const leading =
  (writer: Writer, lead: Asked & { read: Read }): WriteDeep =>
  async (parent, run, path) => {
    let value: unknown;
    try {
      value = lead.read(parent as never, run.argumentsOf(lead) as never, run.context, { path });
      if (value instanceof Promise) value = await value;
      if (value instanceof Error) throw value;
    } catch (error) {
      if (isNonNullType(lead.field.type)) throw NOT_COVERED;
      run.fail(error, lead.nodes, path);
      run.out.text += 'null';
      return;
    }
    await writeWith(writer, value, run, path);
  };

const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined;

function orNull(writer: Writer | undefined): Writer | undefined {
  if (!writer) return undefined;
  const { write, deep } = writer;
  if (write)
    return {
      write: (value, out) => {
        if (isAbsent(value)) out.text += 'null';
        else write(value, out);
      },
    };
  return {
    deep: async (value, run, path) => {
      if (isAbsent(value)) run.out.text += 'null';
      else await deep(value, run, path);
    },
  };
}

function present(writer: Writer | undefined): Writer | undefined {
  if (!writer) return undefined;
  const { write, deep } = writer;
  if (write)
    return {
      write: (value, out) => {
        if (isAbsent(value)) throw NOT_COVERED;
        write(value, out);
      },
    };
  return {
    deep: (value, run, path) => {
      if (isAbsent(value)) throw NOT_COVERED;
      return deep(value, run, path);
    },
  };
}

const list =
  (write: Write): Write =>
  (value, out) => {
    if (!Array.isArray(value) || (out.items += value.length) > MAX_ITEMS) throw NOT_COVERED;
    for (let i = 0; i < value.length; i++) {
      out.text += i === 0 ? '[' : ',';
      write(value[i], out);
    }
    out.text += value.length ? ']' : '[]';
  };

/** @param weight fields that an item produces, where a relation has led to it */
const listDeep =
  (item: Writer, nodes: readonly FieldNode[], weight: number): WriteDeep =>
  async (value, run, path) => {
    if (!Array.isArray(value)) throw NOT_COVERED;
    run.budget.produce(value.length * weight);
    const { out } = run;
    const placeOf = (key: number): Path => ({ prev: path, key, typename: undefined });
    for (let i = 0; i < value.length; i++) {
      const one: unknown = value[i];
      out.items = 0;
      out.text += i === 0 ? '[' : ',';
      if (one instanceof Error) {
        run.fail(one, nodes, placeOf(i));
        out.text += 'null';
      } else if (item.deep) await item.deep(one, run, placeOf(i));
      else item.write(one, out);
      const paused = item.deep ? run.pause() : run.pauseAfterText();
      if (paused) await paused;
    }
    out.text += value.length ? ']' : '[]';
  };

function object(fields: readonly FieldWriter[] | undefined, { related }: Place): Writer | undefined {
  if (!fields) return undefined;
  if (fields.every(isNow)) return related ? { deep: objectDeep(fields, true) } : { write: objectNow(fields) };
  return { deep: objectDeep(fields, related) };
}

const objectNow =
  (fields: readonly NowWriter[]): Write =>
  (value, out) => {
    if (typeof value !== 'object' || value === null) throw NOT_COVERED;
    for (const { head, name, resolve, write } of fields) {
      out.text += head;
      write(partOf(value, name, resolve), out);
    }
    out.text += '}';
  };

/** @param related a relation has led here: its fields are counted */
const objectDeep =
  (fields: readonly FieldWriter[], related: boolean): WriteDeep =>
  async (value, run, path) => {
    if (typeof value !== 'object' || value === null) throw NOT_COVERED;
    const { out } = run;
    if (related) run.budget.produce(fields.length + 1);
    for (const field of fields) {
      out.text += field.head;
      const at = (): Path => ({ prev: path, key: field.as, typename: undefined });
      if (field.lead && field.deep) {
        await field.deep(value, run, at());
        continue;
      }
      let part = partOf(value, field.name, field.resolve);
      if (part instanceof Promise) part = await part.catch(notCovered);
      if (field.deep) await field.deep(part, run, at());
      else if (field.write) field.write(part, out);
    }
    out.text += '}';
  };

/** What a page could not say of itself has its place in graphql-js' answer. */
function notCovered(): never {
  throw NOT_COVERED;
}

function partOf(value: object, name: string, resolve: FieldWriter['resolve']): unknown {
  // PLAIN: these resolvers look at their first argument only.
  const part: unknown = resolve
    ? resolve(value, undefined as never, undefined, undefined as never)
    : (value as Record<string, unknown>)[name];
  if (typeof part === 'function') throw NOT_COVERED;
  return part;
}
