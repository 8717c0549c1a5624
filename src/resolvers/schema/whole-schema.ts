import type { GraphQLAbstractType, GraphQLInterfaceType, GraphQLNamedType, GraphQLObjectType } from 'graphql';
import { isInterfaceType, isObjectType, isUnionType } from 'graphql';
import { Slice } from '../../api/fairness/turns.ts';
import { groupField, KindSchema } from './kind-schema.ts';
import type { FieldConfigs } from './output-types.ts';
import { ROOTS, type Root, type RootFields } from './root-fields.ts';
import { typeWalk } from './type-walk.ts';

/**
 * The schema of all kinds, for who asks for the schema itself. It is made in slices: `steps` is to be run to its end
 * before anything else is asked.
 */
export class WholeSchema extends KindSchema {
  private readonly all = new Map<string, GraphQLNamedType>();
  private map: Record<string, GraphQLNamedType> = {};
  private readonly implementations: GraphQLObjectType[] = [];

  constructor(
    fields: RootFields,
    /** types are given out one by one, with others' turns in between, to who takes promises: graphql's own execution */
    private readonly inTurns: boolean,
  ) {
    super(fields);
  }

  *steps(): Generator<void> {
    const kinds = this.fields.kinds();
    for (const kind of kinds) {
      this.fields.types.fieldsOf(kind);
      yield;
    }
    const known = Object.values(this.introspection);
    const roots = [
      ...ROOTS.map((root) => this.root(root)),
      ...kinds.map((kind) => this.fields.types.object(kind)),
      ...known,
    ];
    for (const type of typeWalk(roots, this.all)) {
      if (isObjectType(type) && type.getInterfaces().length) this.implementations.push(type);
      yield;
    }
    this.map = Object.fromEntries(this.all);
  }

  override getType(name: string): GraphQLNamedType | undefined {
    return this.all.get(name);
  }

  override getTypeMap(): Record<string, GraphQLNamedType> {
    if (!this.inTurns) return this.map;
    const slice = new Slice();
    let before = Promise.resolve();
    const inTurn = (type: GraphQLNamedType): GraphQLNamedType => {
      const then: Promise<GraphQLNamedType>['then'] = (taken, failed) => {
        before = before.then(() => (slice.over ? slice.next() : undefined));
        return before.then(() => type).then(taken, failed);
      };
      // a list's items may be promises where graphql-js completes them, which the type of this function cannot say
      // oxlint-disable-next-line unicorn/no-thenable -- it is awaited on purpose
      return { then } as never;
    };
    return Object.fromEntries([...this.all].map(([name, type]) => [name, inTurn(type)]));
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

  protected override fieldsOf(root: Root): FieldConfigs {
    const configs: FieldConfigs = {};
    for (const name of this.fields.names(root)) {
      if (Object.hasOwn(configs, name)) continue;
      const found = this.fields.find(root, name);
      if (found?.config) configs[name] = found.config;
      else if (found) {
        const versions = [...this.groupOf(root, found.group)];
        if (versions.length) configs[name] = groupField(root, found.group, versions);
      }
    }
    return configs;
  }

  private *groupOf(root: Root, group: string): Generator<[string, FieldConfigs]> {
    for (const [name, version] of this.fields.versionsOf(group)) {
      const configs: FieldConfigs = {};
      for (const kind of this.fields.kindsOf(group, version))
        for (const [local] of this.fields.localFields(kind, root)) {
          const found = this.fields.findIn(root, group, version, local);
          if (found?.config) configs[local] = found.config;
        }
      // a type has fields: a version of which no kind can be written has none among the mutations
      if (Object.keys(configs).length) yield [name, configs];
    }
  }
}
