import { Kind, visit, type DocumentNode, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';

/** Extensions of a subscription's field that writes. */
export const WRITES = { writes: true } as const;

/** Whether an operation writes: a mutation, or a subscription of a field that says so. */
export function operationWrites(schema: GraphQLSchema, document: DocumentNode, node: OperationDefinitionNode): boolean {
  if (node.operation !== 'subscription') return node.operation === 'mutation';
  const fields = schema.getSubscriptionType()?.getFields() ?? {};
  let found = false;
  // its one field may be in a fragment
  visit(document, {
    [Kind.FIELD]({ name }: { name: { value: string } }) {
      found ||= fields[name.value]?.extensions['writes'] === true;
    },
  });
  return found;
}
