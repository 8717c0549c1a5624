import {
  GraphQLObjectType,
  GraphQLSchema,
  OperationTypeNode,
  isInterfaceType,
  isUnionType,
  type GraphQLAbstractType,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
} from 'graphql';
import { groupName } from './names.ts';
import type { FieldConfigs } from './output-types.ts';
import type { Root, RootFields } from './root-fields.ts';

const NAMES: Readonly<Record<Root, string>> = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' };

/**
 * A schema whose types are asked for one by one, where graphql's own walks through all that there are when it is made.
 * It is that of one document (DocumentSchema) or the whole one (WholeSchema).
 */
export abstract class KindSchema extends GraphQLSchema {
  private readonly roots = new Map<Root, GraphQLObjectType>();
  /** types that every schema has */
  protected readonly introspection: Readonly<Record<string, GraphQLNamedType>>;

  constructor(protected readonly fields: RootFields) {
    // of types made by rules that hold, which a test has checked; what a definition brings is checked when it comes
    super({ assumeValid: true });
    this.introspection = super.getTypeMap();
  }

  protected abstract makeRoot(root: Root, name: string): GraphQLObjectType;

  override getQueryType(): GraphQLObjectType {
    return this.root('query');
  }
  override getMutationType(): GraphQLObjectType {
    return this.root('mutation');
  }
  override getSubscriptionType(): GraphQLObjectType {
    return this.root('subscription');
  }
  override getRootType(operation: OperationTypeNode): GraphQLObjectType {
    return this.root(operation);
  }
  override isSubType(abstractType: GraphQLAbstractType, maybe: GraphQLObjectType | GraphQLInterfaceType): boolean {
    if (isInterfaceType(abstractType)) return maybe.getInterfaces().includes(abstractType);
    return isUnionType(abstractType) && abstractType.getTypes().some((type) => type === maybe);
  }
  override getType(name: string): GraphQLNamedType | undefined {
    const root = ROOT_OF.get(name);
    return root ? this.root(root) : (this.introspection[name] ?? this.fields.genericType(name));
  }

  protected root(root: Root): GraphQLObjectType {
    let type = this.roots.get(root);
    if (!type) this.roots.set(root, (type = this.makeRoot(root, NAMES[root])));
    return type;
  }
}

const ROOT_OF: ReadonlyMap<string, Root> = new Map(
  Object.entries(NAMES).map(([root, name]) => [name, root as Root] as const),
);

const groupType = (root: Root, group: string): string => `${groupName(group)}__${NAMES[root]}`;
const inside = { resolve: () => ({}) };

/** What the type of a group's version is called; its fields are those of kinds. */
export const versionType = (root: Root, group: string, version: string): { name: string; description: string } => ({
  name: `${groupType(root, group)}_${version}`,
  description: `The kinds of ${group || 'the core group'} in one version.`,
});

/** `example_com { v1 { … } }`: a group in the versions that there are. */
export function groupField(
  root: Root,
  group: string,
  versions: Iterable<[version: string, type: GraphQLObjectType]>,
): FieldConfigs[string] {
  const fields: FieldConfigs = {};
  for (const [version, type] of versions)
    fields[version] = {
      ...inside,
      type,
      description: `${group || 'The core group'} in version ${version.replaceAll('__', '-')}.`,
    };
  return {
    ...inside,
    type: new GraphQLObjectType({
      name: groupType(root, group),
      description: `The versions of ${group || 'the core group'}.`,
      fields,
    }),
    description: `Kinds of ${group || 'the core group'} by version.`,
  };
}
