import {
  Kind,
  getArgumentValues,
  getDirectiveValues,
  getNullableType,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  GraphQLString,
  isLeafType,
  isListType,
  isObjectType,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { quoted, type JsonWriter } from '../json-text.ts';
import type { Fragments } from '../compiled/selections.ts';

type Variables = Readonly<Record<string, unknown>>;
/** The fields of graphql's own types read the schema and what they are given, and nothing else. */
type IntrospectionField = GraphQLField<unknown, unknown>;

const META: ReadonlyMap<string, IntrospectionField> = new Map(
  [SchemaMetaFieldDef, TypeMetaFieldDef].map((field) => [field.name, field]),
);

/** Whether a field of a root type tells of the schema. */
export const isIntrospection = ({ name }: FieldNode): boolean => META.has(name.value);

/** Writes a value: in one go, or, where it has long lists, in steps. */
type Writer = { now: (value: unknown) => void; steps?: undefined } | { steps: Steps; now?: undefined };
type Steps = (value: unknown) => Generator<void>;

/** A field that is selected of an object. */
interface Selected {
  /** `{"name":` or `,"name":` */
  head: string;
  read(object: unknown): unknown;
  writer: Writer;
}

/**
 * Writes what an operation asks of the schema itself, as graphql-js would answer it: there it is made in one go, and the
 * schema of many definitions has millions of values. Between its parts it yields, so that others have their turn.
 */
export class Introspection {
  private readonly info: Parameters<NonNullable<IntrospectionField['resolve']>>[3];

  constructor(
    schema: GraphQLSchema,
    private readonly fragments: Fragments,
    private readonly variables: Variables,
    private readonly out: JsonWriter,
  ) {
    // all that these resolvers look at
    this.info = { schema } as typeof this.info;
  }

  /** The fields that selection sets ask of a type, by response name (GraphQL specification, CollectFields). */
  collect(type: GraphQLObjectType, sets: readonly SelectionSetNode[]): Map<string, FieldNode[]> {
    const fields = new Map<string, FieldNode[]>();
    const visited = new Set<string>();
    const applies = (condition: string | undefined): boolean => condition === undefined || condition === type.name;
    const visit = ({ selections }: SelectionSetNode): void => {
      for (const selection of selections) {
        if (!this.isIncluded(selection)) continue;
        if (selection.kind === Kind.FIELD) {
          const name = (selection.alias ?? selection.name).value;
          const nodes = fields.get(name);
          if (nodes) nodes.push(selection);
          else fields.set(name, [selection]);
          continue;
        }
        const spread = selection.kind === Kind.FRAGMENT_SPREAD ? selection.name.value : undefined;
        if (spread !== undefined && visited.has(spread)) continue;
        if (spread !== undefined) visited.add(spread);
        const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.fragments.get(selection.name.value);
        if (fragment && applies(fragment.typeCondition?.name.value)) visit(fragment.selectionSet);
      }
    };
    sets.forEach(visit);
    return fields;
  }

  /** The value of one root field. */
  *write(nodes: readonly FieldNode[]): Generator<void> {
    const field = META.get(nodes[0]!.name.value)!;
    const value = this.reader(field, nodes[0]!)(undefined);
    const { now, steps } = this.writerOf(field.type, nodes);
    if (steps) yield* steps(value);
    else now(value);
  }

  private isIncluded(node: SelectionNode): boolean {
    if (!node.directives?.length) return true;
    const { variables } = this;
    return (
      getDirectiveValues(GraphQLSkipDirective, node, variables)?.['if'] !== true &&
      getDirectiveValues(GraphQLIncludeDirective, node, variables)?.['if'] !== false
    );
  }

  private reader(field: IntrospectionField, node: FieldNode): Selected['read'] {
    const args = getArgumentValues(field, node, this.variables);
    const { info } = this;
    return (object) => field.resolve!(object, args, undefined, info);
  }

  private writerOf(type: GraphQLOutputType, nodes: readonly FieldNode[]): Writer {
    const { out } = this;
    const nullable = getNullableType(type);
    const { now, steps } = isListType(nullable)
      ? this.list(this.writerOf(nullable.ofType, nodes))
      : isObjectType(nullable)
        ? this.object(nullable, nodes)
        : this.leaf(nullable);
    const isNull = (value: unknown): boolean => {
      if (value !== undefined && value !== null) return false;
      out.text += 'null';
      return true;
    };
    if (now)
      return {
        now(value) {
          if (!isNull(value)) now(value);
        },
      };
    return {
      *steps(value) {
        if (!isNull(value)) yield* steps(value);
      },
    };
  }

  private leaf(type: GraphQLOutputType): Writer {
    const { out } = this;
    if (!isLeafType(type)) throw new Error(`${String(type)} is no type of introspection`);
    return {
      now(value) {
        const shown = type.serialize(value);
        out.text += typeof shown === 'string' ? quoted(shown) : JSON.stringify(shown);
      },
    };
  }

  private list({ now, steps }: Writer): Writer {
    const { out } = this;
    return {
      *steps(value) {
        out.text += '[';
        for (const [i, item] of (value as readonly unknown[]).entries()) {
          if (i) out.text += ',';
          if (steps) yield* steps(item);
          else now(item);
          yield;
        }
        out.text += ']';
      },
    };
  }

  private object(type: GraphQLObjectType, nodes: readonly FieldNode[]): Writer {
    const { out } = this;
    const fields = this.selected(type, nodes);
    const end = fields.length ? '}' : '{}';
    if (fields.every(({ writer }) => writer.now))
      return {
        now(object) {
          for (const { head, read, writer } of fields) {
            out.text += head;
            writer.now?.(read(object));
          }
          out.text += end;
        },
      };
    return {
      *steps(object) {
        for (const { head, read, writer } of fields) {
          out.text += head;
          const value = read(object);
          if (writer.now) writer.now(value);
          else yield* writer.steps(value);
        }
        out.text += end;
      },
    };
  }

  private selected(type: GraphQLObjectType, nodes: readonly FieldNode[]): Selected[] {
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    const own = type.getFields() as Readonly<Record<string, IntrospectionField>>;
    return [...this.collect(type, sets)].flatMap(([as, inside], i): Selected[] => {
      const [node] = inside;
      const field = node && own[node.name.value];
      const head = `${i ? ',' : '{'}${JSON.stringify(as)}:`;
      if (field) return [{ head, read: this.reader(field, node), writer: this.writerOf(field.type, inside) }];
      return [{ head, read: () => type.name, writer: this.leaf(GraphQLString) }];
    });
  }
}
