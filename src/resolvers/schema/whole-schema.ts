import type { GraphQLAbstractType, GraphQLInterfaceType, GraphQLNamedType, GraphQLObjectType } from 'graphql';
import { isInterfaceType, isObjectType, isUnionType } from 'graphql';
import { groupField, KindSchema, versionType } from './kind-schema.ts';
import type { FieldConfigs } from './output-types.ts';
import { ROOTS, type Root } from './root-fields.ts';
import { typeWalk } from './type-walk.ts';
import { WideType } from './wide-type.ts';

const TEXTS: Readonly<Record<Root, string>> = {
  query: 'What can be read: each kind by its own fields, and any by `object`, `objects` and `search`.',
  mutation: 'What can be written. Fields run one after the other, each a request of its own.',
  subscription: 'What can be followed: watches, live queries, logs, rollouts and drains.',
};

/**
 * The schema of all kinds, for who asks for the schema itself. It is made in slices: `steps` is to be run to its end
 * before anything else is asked.
 */
export class WholeSchema extends KindSchema {
  private readonly all = new Map<string, GraphQLNamedType>();
  private readonly map: Record<string, GraphQLNamedType> = {};
  private readonly wide = new Map<Root, WideType>();
  private readonly implementations: GraphQLObjectType[] = [];

  *steps(): Generator<void> {
    const kinds = this.fields.kinds();
    for (const kind of kinds) {
      this.fields.types.fieldsOf(kind);
      this.fields.settle(kind);
      yield;
    }
    for (const root of ROOTS) {
      this.root(root);
      yield* this.wide.get(root)?.add(this.fieldsOf(root)) ?? [];
    }
    const known = Object.values(this.introspection);
    const roots = [
      ...ROOTS.map((root) => this.root(root)),
      ...kinds.map((kind) => this.fields.types.object(kind)),
      ...known,
    ];
    for (const type of typeWalk(roots, this.all)) {
      if (type) this.map[type.name] = type;
      if (isObjectType(type) && type.getInterfaces().length) this.implementations.push(type);
      yield;
    }
  }

  override getType(name: string): GraphQLNamedType | undefined {
    return this.all.get(name);
  }

  override getTypeMap(): Record<string, GraphQLNamedType> {
    return this.map;
  }

  override getPossibleTypes(type: GraphQLAbstractType): readonly GraphQLObjectType[] {
    return isUnionType(type)
      ? type.getTypes()
      : this.implementations.filter((one) => one.getInterfaces().includes(type));
  }

  override getImplementations(type: GraphQLInterfaceType): {
    objects: readonly GraphQLObjectType[];
    interfaces: readonly GraphQLInterfaceType[];
  } {
    return { objects: isInterfaceType(type) ? this.getPossibleTypes(type) : [], interfaces: [] };
  }

  protected override makeRoot(root: Root, name: string): WideType {
    const type = new WideType({ name, description: TEXTS[root] });
    this.wide.set(root, type);
    return type;
  }

  /** What a root type has; nothing where others should have their turn. */
  private *fieldsOf(root: Root): Generator<[string, FieldConfigs[string]] | undefined> {
    for (const name of this.fields.names(root)) {
      const found = this.fields.find(root, name);
      if (found?.config) yield [name, found.config];
      else if (found) yield* this.groupOf(root, name, found.group);
    }
  }

  private *groupOf(root: Root, name: string, group: string): Generator<[string, FieldConfigs[string]] | undefined> {
    const versions: [string, GraphQLObjectType][] = [];
    for (const [version, own] of this.fields.versionsOf(group)) {
      const type = new WideType(versionType(root, group, version));
      for (const _ of type.add(this.fields.fieldsIn(root, group, own))) yield undefined;
      // a type has fields: a version of which no kind can be written has none among the mutations
      if (Object.keys(type.getFields()).length) versions.push([version, type]);
    }
    if (versions.length) yield [name, groupField(root, group, versions)];
    yield undefined;
  }
}
