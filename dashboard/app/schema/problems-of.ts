import { isMap, isScalar, isSeq, parseAllDocuments, visit, type Node, type Pair, type YAMLMap } from 'yaml';
import {
  fieldOf,
  isIntOrString,
  LONGEST_TEXT,
  resolve,
  typeNameOf,
  type KindSchema,
  type Schema,
  type Schemas,
} from './schema.ts';

/** Something in a text that the server would refuse, or drop. */
export interface TextProblem {
  /** offsets in the text */
  from: number;
  to: number;
  /** `warning`: it would be dropped */
  severity: 'error' | 'warning';
  message: string;
}

/** Problems that are told of one text. */
const MOST = 100;

/** @param schemaOf the schema of a kind; undefined where there is none */
export async function problemsOf(
  text: string,
  schemaOf: (apiVersion: string, kind: string) => Promise<KindSchema | undefined>,
): Promise<TextProblem[]> {
  if (text.length > LONGEST_TEXT)
    return [{ from: 0, to: 1, severity: 'warning', message: 'it is too long to be checked while it is written' }];
  const problems: TextProblem[] = [];
  // the parser compares each key with all before it
  const documents = parseAllDocuments(text, { logLevel: 'silent', uniqueKeys: false });
  for (const { errors, contents } of Array.isArray(documents) ? documents : []) {
    for (const { pos, message } of errors)
      problems.push({ from: pos[0], to: pos[1], severity: 'error', message: message.split('\n')[0] ?? '' });
    if (errors.length > 0 || !isMap(contents)) continue;
    visit(contents, { Map: (_, map) => tellTwice(map, problems) });
    if (problems.length >= MOST) break;
    const [apiVersion, kind] = [contents.get('apiVersion'), contents.get('kind')];
    if (typeof apiVersion !== 'string' || typeof kind !== 'string') continue;
    const schema = await schemaOf(apiVersion, kind);
    if (schema) new Check(schema.all, problems).value(contents, schema.root);
  }
  return problems.slice(0, MOST);
}

/** Keys that a map has twice. */
function tellTwice({ items }: YAMLMap, problems: TextProblem[]): void {
  const names = new Set<string>();
  for (const pair of items) {
    const name = nameOf(pair);
    const { range } = pair.key as Node;
    if (name !== undefined && range && names.has(name))
      problems.push({ from: range[0], to: range[1], severity: 'error', message: 'Map keys must be unique' });
    if (name !== undefined) names.add(name);
  }
}

/** Compares a text with a schema, as far as the schema says it: the rest the server's own answer does. */
class Check {
  constructor(
    private readonly all: Schemas,
    private readonly problems: TextProblem[],
  ) {}

  value(node: unknown, given: Schema | undefined): void {
    const schema = resolve(given, this.all);
    if (!schema || !isNode(node)) return;
    if (isMap(node)) return this.map(node, schema);
    if (isSeq(node)) {
      if (!mayBe(schema, 'array')) return this.wrong(node, schema);
      for (const item of node.items) this.value(item, schema.items);
      return;
    }
    if (isScalar(node)) this.scalar(node, node.value, schema);
  }

  private map(node: YAMLMap, schema: Schema): void {
    if (!mayBe(schema, 'object')) return this.wrong(node, schema);
    const names = new Set<string>();
    for (const pair of node.items) {
      const name = nameOf(pair);
      if (name === undefined) continue;
      names.add(name);
      const field = fieldOf(schema, name);
      if (field) this.value(pair.value, field);
      else if (isClosed(schema)) this.tell(pair.key, 'warning', `there is no field ${name}`);
    }
    for (const name of schema.required ?? []) {
      const needed = fieldOf(schema, name);
      if (!names.has(name) && resolve(needed, this.all)?.default === undefined)
        this.tell(node, 'error', `${name} is required`);
    }
  }

  private scalar(node: Node, value: unknown, schema: Schema): void {
    // what is null is as good as absent
    if (value === null || value === undefined) return;
    if (!fits(schema, value)) return this.wrong(node, schema);
    const { enum: values, minimum, maximum, minLength, maxLength } = schema;
    if (values && !values.includes(value)) this.tell(node, 'error', `one of ${values.map(String).join(', ')}`);
    if (typeof value === 'number') {
      if (minimum !== undefined && value < minimum) this.tell(node, 'error', `at least ${minimum}`);
      if (maximum !== undefined && value > maximum) this.tell(node, 'error', `at most ${maximum}`);
    }
    if (typeof value === 'string') {
      const { length } = [...value];
      if (minLength !== undefined && length < minLength) this.tell(node, 'error', `at least ${minLength} characters`);
      if (maxLength !== undefined && length > maxLength) this.tell(node, 'error', `at most ${maxLength} characters`);
    }
  }

  private wrong(node: Node, schema: Schema): void {
    this.tell(node, 'error', `${typeNameOf(schema, this.all)} is wanted here`);
  }

  /** At the first line of a node: what is marked is to be seen. */
  private tell(node: unknown, severity: TextProblem['severity'], message: string): void {
    const range = isNode(node) ? node.range : undefined;
    if (!range) return;
    const to = isMap(node) || isSeq(node) ? range[0] + 1 : range[1];
    this.problems.push({ from: range[0], to: Math.max(to, range[0] + 1), severity, message });
  }
}

const isNode = (value: unknown): value is Node => isMap(value) || isSeq(value) || isScalar(value);

const nameOf = ({ key }: Pair): string | undefined =>
  isScalar(key) && key.value !== null ? String(key.value) : undefined;

/** Whether fields that the schema does not have are dropped. */
const isClosed = (schema: Schema): boolean =>
  schema.properties !== undefined &&
  (schema.additionalProperties === undefined || schema.additionalProperties === false) &&
  schema['x-kubernetes-preserve-unknown-fields'] !== true &&
  schema['x-kubernetes-embedded-resource'] !== true;

/** The types of a schema; none where it says nothing of them. */
const typesOf = ({ type, oneOf, anyOf }: Schema): string[] =>
  type === undefined ? [...(oneOf ?? []), ...(anyOf ?? [])].flatMap((each) => each.type ?? []) : [type];

function mayBe(schema: Schema, type: 'array' | 'object'): boolean {
  const types = typesOf(schema);
  return !isIntOrString(schema) && (types.length === 0 || types.includes(type));
}

function fits(schema: Schema, value: unknown): boolean {
  if (isIntOrString(schema)) return typeof value === 'string' || Number.isInteger(value);
  const types = typesOf(schema);
  return types.length === 0 || types.some((type) => FITS[type]?.(value) ?? true);
}

const FITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  integer: (value) => Number.isInteger(value),
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  object: () => false,
  array: () => false,
};
