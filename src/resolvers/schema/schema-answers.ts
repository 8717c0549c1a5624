import { Kind, visit, type DocumentNode, type FragmentDefinitionNode, type GraphQLSchema } from 'graphql';
import { LRUCache } from 'lru-cache';
import { stringifyExact } from '../../go/json-numbers.ts';
import type { Budget } from '../budget.ts';
import { JsonWriter, WrittenJson } from '../json-text.ts';
import { Introspection, isIntrospection } from './introspection.ts';
import type { Operation } from './operation.ts';

/** Bytes of answers that are kept: tools ask all the same, and at once when they start. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Characters of what was asked; a longer one is not kept. */
const MAX_KEY = 16 * 1024;
/** Values between two looks at the clock. */
const LOOK_EVERY = 32;

/** What an operation asks of the schema: its root fields in the order of the answer; undefined where one asks for data. */
export type SchemaAnswer = ReadonlyMap<string, WrittenJson | undefined>;

/** Answers what is asked of the schema itself, and keeps the answers for as long as the schema is the same. */
export class SchemaAnswers {
  private readonly kept = new LRUCache<string, SchemaAnswer>({
    max: 100,
    maxSize: MAX_BYTES,
    sizeCalculation: (answer, key) =>
      [...answer.values()].reduce((sum, value) => sum + (value?.length ?? 0), key.length),
  });
  private schema: GraphQLSchema | undefined;

  /** @param complete the schema of now */
  constructor(private readonly complete: () => Promise<GraphQLSchema>) {}

  /** @param variables coerced */
  async of(operation: Operation, variables: Readonly<Record<string, unknown>>, budget: Budget): Promise<SchemaAnswer> {
    const schema = await this.complete();
    if (this.schema !== schema) this.kept.clear();
    this.schema = schema;
    const key = stringifyExact([operation.document.loc?.source.body, operation.node.name?.value, variables]) ?? '';
    const known = this.kept.get(key);
    if (known) return known;
    const answer = await written(schema, operation, variables, budget);
    if (this.schema === schema && key.length <= MAX_KEY) this.kept.set(key, answer);
    return answer;
  }
}

async function written(
  schema: GraphQLSchema,
  { document, node: operation }: Operation,
  variables: Readonly<Record<string, unknown>>,
  budget: Budget,
): Promise<SchemaAnswer> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const answer = new Map<string, WrittenJson | undefined>();
  const root = schema.getRootType(operation.operation)!;
  const introspection = (out: JsonWriter): Introspection => new Introspection(schema, fragments, variables, out);
  for (const [as, nodes] of introspection(new JsonWriter()).collect(root, [operation.selectionSet])) {
    answer.set(as, undefined);
    if (!isIntrospection(nodes[0]!)) continue;
    const out = new JsonWriter();
    let steps = 0;
    for (const _ of introspection(out).write(nodes)) {
      if (++steps % LOOK_EVERY) continue;
      budget.tell(out.spillLong());
      if (budget.due) await budget.turn();
    }
    answer.set(as, new WrittenJson(out.end()));
  }
  return answer;
}

/** A document without what it asks of the schema, to be asked of who has the data. */
export const withoutIntrospection = (document: DocumentNode): DocumentNode =>
  visit(document, { Field: (node) => (isIntrospection(node) ? null : undefined) });
