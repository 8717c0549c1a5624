import {
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isUnionType,
  type GraphQLNamedType,
  type GraphQLType,
} from 'graphql';

/** Fields that are looked at in one go. */
const AT_ONCE = 200;

/**
 * All types that some lead to, by name: each step looks at one, or a part of a large one, whose fields are made by that. Two types of one name throw.
 * @param known types that are not walked, by their names
 */
export function* typeWalk(
  roots: Iterable<GraphQLType>,
  types: Map<string, GraphQLNamedType>,
  known: (name: string) => boolean = () => false,
): Generator<GraphQLNamedType | undefined> {
  const open: GraphQLNamedType[] = [];
  const meet = (type: GraphQLType): void => {
    const named = getNamedType(type);
    const other = types.get(named.name);
    if (other === named || known(named.name)) return;
    if (other) throw new Error(`two types are called ${named.name}`);
    types.set(named.name, named);
    open.push(named);
  };
  for (const root of roots) meet(root);
  for (let type = open.pop(); type; type = open.pop()) {
    if (isObjectType(type) || isInterfaceType(type)) {
      const fields = type.getFields();
      for (const [i, name] of Object.keys(fields).entries()) {
        const { type: of, args } = fields[name]!;
        meet(of);
        for (const arg of args) meet(arg.type);
        if (i % AT_ONCE === AT_ONCE - 1) yield;
      }
      type.getInterfaces().forEach(meet);
    } else if (isInputObjectType(type)) {
      const fields = type.getFields();
      for (const [i, name] of Object.keys(fields).entries()) {
        meet(fields[name]!.type);
        if (i % AT_ONCE === AT_ONCE - 1) yield;
      }
    } else if (isUnionType(type)) type.getTypes().forEach(meet);
    yield type;
  }
}
