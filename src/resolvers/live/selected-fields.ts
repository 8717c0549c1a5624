import {
  Kind as Syntax,
  getNamedType,
  isInterfaceType,
  isObjectType,
  print,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  type SelectionSetNode,
} from 'graphql';

type Field = Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments' | 'returnType' | 'schema'>;

/** Whether a field of a field's value is asked for, however it is called there. */
export function selects({ fieldNodes, fragments }: Pick<Field, 'fieldNodes' | 'fragments'>, name: string): boolean {
  const visited = new Set<string>();
  const has = (set: SelectionSetNode | undefined): boolean =>
    set?.selections.some((selection) => {
      if (selection.kind === Syntax.FIELD) return selection.name.value === name;
      if (selection.kind === Syntax.INLINE_FRAGMENT) return has(selection.selectionSet);
      const fragment = selection.name.value;
      if (visited.has(fragment)) return false;
      visited.add(fragment);
      return has(fragments[fragment]?.selectionSet);
    }) ?? false;
  return fieldNodes.some(({ selectionSet }) => has(selectionSet));
}

/**
 * Whether what is at two paths within a field is asked for once each, unconditionally, and alike: then one shows what the
 * other does. False also where that is not easily seen.
 */
export function asksAlike(
  { fieldNodes, fragments }: Pick<Field, 'fieldNodes' | 'fragments'>,
  one: readonly string[],
  other: readonly string[],
): boolean {
  const fieldsOf = (set: SelectionSetNode | undefined): FieldNode[] =>
    (set?.selections ?? []).flatMap((selection): FieldNode[] => {
      if (selection.kind === Syntax.FIELD) return [selection];
      const spread = selection.kind === Syntax.INLINE_FRAGMENT ? selection : fragments[selection.name.value];
      // each of them is as conditional as what it stands in
      return fieldsOf(spread?.selectionSet).map((field) => ({
        ...field,
        directives: [...(selection.directives ?? []), ...(field.directives ?? [])],
      }));
    });
  const textAt = (path: readonly string[]): string | undefined => {
    let [node, more] = fieldNodes;
    for (const name of path) {
      if (more || !node) return undefined;
      [node, more] = fieldsOf(node.selectionSet).filter((field) => field.name.value === name);
      if (node?.directives?.length) return undefined;
    }
    return more || !node?.selectionSet ? undefined : print(node.selectionSet);
  };
  const text = textAt(one);
  return text !== undefined && text === textAt(other);
}

/** Whether something is asked for, at any depth, that is read beyond the field's own value: a relation. */
export function leadsElsewhere({ fieldNodes, fragments, returnType, schema }: Field): boolean {
  const visited = new Set<string>();
  const has = (set: SelectionSetNode | undefined, type: GraphQLNamedType | undefined): boolean =>
    set?.selections.some((selection) => {
      if (selection.kind === Syntax.FIELD) {
        const fields = isObjectType(type) || isInterfaceType(type) ? type.getFields() : {};
        const field = fields[selection.name.value];
        if (!field) return false;
        return field.extensions['reads'] !== undefined || has(selection.selectionSet, getNamedType(field.type));
      }
      if (selection.kind === Syntax.INLINE_FRAGMENT) {
        const on = selection.typeCondition?.name.value;
        return has(selection.selectionSet, on === undefined ? type : schema.getType(on));
      }
      const fragment = fragments[selection.name.value];
      if (!fragment || visited.has(fragment.name.value)) return false;
      visited.add(fragment.name.value);
      return has(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value));
    }) ?? false;
  return fieldNodes.some(({ selectionSet }) => has(selectionSet, getNamedType(returnType)));
}
