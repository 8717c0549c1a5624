import { getNamedType, isListType, isNonNullType, type GraphQLNamedType, type GraphQLType } from 'graphql';

/** `PodSpec`, `StringListList`: lists are said, what may not be null is not. */
const nameOf = (type: GraphQLType): string =>
  isListType(type) ? `${nameOf(type.ofType)}List` : isNonNullType(type) ? nameOf(type.ofType) : type.name;

/** What is made once for each type, for as long as that is there. */
export class ByType<T> {
  private readonly made = new WeakMap<GraphQLNamedType, Map<string, T>>();

  /** @param make gets the type's name */
  of(type: GraphQLType, make: (name: string) => T): T {
    const named = getNamedType(type);
    const name = nameOf(type);
    let all = this.made.get(named);
    if (!all) this.made.set(named, (all = new Map<string, T>()));
    let one = all.get(name);
    if (one === undefined) all.set(name, (one = make(name)));
    return one;
  }
}
