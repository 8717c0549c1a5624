import {
  Kind as Syntax,
  getNamedType,
  isInterfaceType,
  isObjectType,
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
