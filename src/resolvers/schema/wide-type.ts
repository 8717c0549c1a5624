import { GraphQLObjectType } from 'graphql';
import type { OperationContext } from '../context.ts';
import type { FieldConfigs } from './output-types.ts';

/** Fields that are made in one go: each of a root brings its arguments, and the types of these. */
const AT_ONCE = 16;

/** An object type of thousands of fields, which graphql's own would make in one go: they are added a few at a time. */
export class WideType extends GraphQLObjectType<unknown, OperationContext> {
  private readonly own: ReturnType<GraphQLObjectType<unknown, OperationContext>['getFields']> = {};

  constructor(config: { name: string; description?: string }) {
    super({ ...config, fields: {} });
  }

  /** Of a name that comes again the first stays. */
  *add(fields: Iterable<[name: string, config: FieldConfigs[string]] | undefined>): Generator<void> {
    let some: FieldConfigs = {};
    let count = 0;
    for (const field of fields) {
      if (field && !Object.hasOwn(this.own, field[0])) some[field[0]] ??= field[1];
      if (field && ++count % AT_ONCE) continue;
      this.take(some);
      some = {};
      yield;
    }
    this.take(some);
  }

  override getFields(): typeof this.own {
    return this.own;
  }

  private take(fields: FieldConfigs): void {
    Object.assign(this.own, new GraphQLObjectType<unknown, OperationContext>({ name: this.name, fields }).getFields());
  }
}
