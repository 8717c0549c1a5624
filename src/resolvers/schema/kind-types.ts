import type {
  GraphQLInputType,
  GraphQLInterfaceType,
  GraphQLLeafType,
  GraphQLNamedType,
  GraphQLObjectType,
} from 'graphql';
import type { Kind, Registry } from '../../kinds/kind.ts';
import type { ObjectSchema, Schema } from '../../kinds/schema.ts';
import type { FieldConfigs } from './output-types.ts';
import type { Scalars } from './scalars-of.ts';

/**
 * The types of kinds, each made when it is first asked for and kept for as long as the kind's definition is the same.
 * Asking for one makes nothing of what it leads to: kinds may lead to each other in circles.
 */
export interface KindTypes {
  readonly registry: Registry;
  readonly scalars: Scalars;
  /** what all objects have in common: the type of what leads to several kinds */
  readonly anyObject: GraphQLInterfaceType;
  /** `Pod` */
  object(kind: Kind): GraphQLObjectType;
  /** `PodInput` */
  input(kind: Kind): GraphQLInputType;
  /** the JSON object that a value of `input(kind)` says */
  inputToJson(kind: Kind, value: unknown): unknown;
  /** what the kind's objects are filtered by */
  where(kind: Kind): GraphQLInputType;
  /** one step of the order of the kind's objects */
  orderBy(kind: Kind): GraphQLInputType;
  /** a page of the kind's objects */
  connection(kind: Kind): GraphQLObjectType;
  /** what a watch of the kind's objects gives */
  event(kind: Kind): GraphQLObjectType;
  /** The scalar or enum of a value; JSON for what has none. `path` as of structName. */
  leaf(schema: Schema, path: string): GraphQLLeafType;
  /**
   * `PodSpec`: what a struct's types begin with.
   * @param path what to call an anonymous one: the name of the struct that it stands in and its JSON name there
   */
  structName(schema: ObjectSchema, path: string): string;
  /** a type of the generic schema (generic.ts), which no kind changes; throws where there is none */
  generic(name: string): GraphQLNamedType;
  /** The name for a type of which the name is wanted: `${namesOf(kind).type}Usage`. */
  claim(name: string): string;
}

/** Makes one type of a kind: a maker is called once. */
export type TypeMaker<T> = (kind: Kind, types: KindTypes) => T;

/** Fields that a kind adds to the schema, by their names (namesOf). */
export interface FacetFields {
  query?: FieldConfigs;
  mutation?: FieldConfigs;
  subscription?: FieldConfigs;
  /** of the type of the kind's own objects; only kinds that are stored get them */
  object?: FieldConfigs;
}

/** One thing that can be done with every kind. It is asked once for each kind, and asks `types` for what it needs. */
export type Facet = (kind: Kind, types: KindTypes) => FacetFields;
