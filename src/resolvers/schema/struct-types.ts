import {
  GraphQLInputObjectType,
  GraphQLObjectType,
  type GraphQLFieldConfig,
  type GraphQLFieldMap,
  type GraphQLInputFieldConfig,
  type GraphQLInputFieldMap,
  type GraphQLInputObjectTypeConfig,
  type GraphQLObjectTypeConfig,
} from 'graphql';
import type { Schema } from '../../kinds/schema.ts';
import type { OperationContext } from '../context.ts';

/** The fields of a type by name, and what makes each. */
export type Makers<Config> = ReadonlyMap<string, () => Config>;
type OutputConfig = GraphQLFieldConfig<any, OperationContext>;

/** A type of more fields makes each when it is asked for: ten thousand would hold up all others. */
const WIDE = 250;

const wide = new WeakMap<Schema, boolean>();

/** Whether something in it has so many fields that to look through all of their names takes ms. Schemas may go in circles. */
export function hasWide(schema: Schema): boolean {
  const known = wide.get(schema);
  if (known !== undefined) return known;
  const reached = new Set([schema]);
  for (const one of reached) {
    if (isWide(one) || wide.get(one)) {
      wide.set(schema, true);
      return true;
    }
    for (const part of partsOf(one)) if (wide.get(part) !== false) reached.add(part);
  }
  // nothing that any of them leads to is
  for (const one of reached) wide.set(one, false);
  return false;
}

const isWide = (schema: Schema): boolean => schema.type === 'object' && schema.fields.size > WIDE;

function partsOf(schema: Schema): readonly Schema[] {
  if (schema.type === 'list') return [schema.item];
  if (schema.type === 'map') return [schema.value];
  return schema.type === 'object' ? [...schema.fields.values()].map((field) => field.schema) : [];
}

/** @param size how many fields it has, about */
export const objectTypeOf = (
  config: Omit<GraphQLObjectTypeConfig<any, OperationContext>, 'fields'>,
  makers: () => Makers<OutputConfig>,
  size: number,
): GraphQLObjectType<any, OperationContext> =>
  size > WIDE
    ? new WideObjectType(config, makers)
    : new GraphQLObjectType({ ...config, fields: () => allOf(makers()) });

/** @param size how many fields it has, about */
export const inputTypeOf = (
  config: Omit<GraphQLInputObjectTypeConfig, 'fields'>,
  makers: () => Makers<GraphQLInputFieldConfig>,
  size: number,
): GraphQLInputObjectType =>
  size > WIDE
    ? new WideInputType(config, makers)
    : new GraphQLInputObjectType({ ...config, fields: () => allOf(makers()) });

const allOf = <Config>(makers: Makers<Config>): Record<string, Config> =>
  Object.fromEntries([...makers].map(([name, make]) => [name, make()]));

class WideObjectType extends GraphQLObjectType<any, OperationContext> {
  private readonly fieldsByName: FieldsOnDemand<GraphQLFieldMap<any, OperationContext>[string]>;

  constructor(
    config: Omit<GraphQLObjectTypeConfig<any, OperationContext>, 'fields'>,
    makers: () => Makers<OutputConfig>,
  ) {
    super({ ...config, fields: {} });
    const { name } = config;
    this.fieldsByName = new FieldsOnDemand(makers, (field, of: OutputConfig) => {
      const one = new GraphQLObjectType<any, OperationContext>({ name, fields: { [field]: of } });
      return one.getFields()[field]!;
    });
  }
  override getFields(): GraphQLFieldMap<any, OperationContext> {
    return this.fieldsByName.all;
  }
}

class WideInputType extends GraphQLInputObjectType {
  private readonly fieldsByName: FieldsOnDemand<GraphQLInputFieldMap[string]>;

  constructor(config: Omit<GraphQLInputObjectTypeConfig, 'fields'>, makers: () => Makers<GraphQLInputFieldConfig>) {
    super({ ...config, fields: {} });
    const { name } = config;
    this.fieldsByName = new FieldsOnDemand(makers, (field, of: GraphQLInputFieldConfig) => {
      const one = new GraphQLInputObjectType({ name, fields: { [field]: of } });
      return one.getFields()[field]!;
    });
  }
  override getFields(): GraphQLInputFieldMap {
    return this.fieldsByName.all;
  }
}

/** An object of which each member is made when it is read first; when all have been, an ordinary one. */
class FieldsOnDemand<Field> {
  private view: Record<string, Field> | undefined;

  constructor(
    private readonly open: () => ReadonlyMap<string, () => unknown>,
    private readonly make: (name: string, config: any) => Field,
  ) {}

  get all(): Record<string, Field> {
    return (this.view ??= this.begin());
  }

  private begin(): Record<string, Field> {
    const makers = this.open();
    const made = new Map<string, Field>();
    const fieldOf = (name: string): Field | undefined => {
      const known = made.get(name);
      const maker = known === undefined ? makers.get(name) : undefined;
      if (!maker) return known;
      const field = this.make(name, maker());
      made.set(name, field);
      if (made.size === makers.size)
        this.view = Object.fromEntries([...makers.keys()].map((one) => [one, made.get(one)!]));
      return field;
    };
    return new Proxy<Record<string, Field>>(
      {},
      {
        get: (_, name) => (typeof name === 'string' ? fieldOf(name) : undefined),
        has: (_, name) => typeof name === 'string' && makers.has(name),
        ownKeys: () => [...makers.keys()],
        getOwnPropertyDescriptor: (_, name) =>
          typeof name === 'string' && makers.has(name)
            ? { configurable: true, enumerable: true, writable: true, value: undefined }
            : undefined,
      },
    );
  }
}
