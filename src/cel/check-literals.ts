import { regexpProblem } from '../go/regexp.ts';
import { allNodes, type Call, type List, type MapNode, type Node } from './ast.ts';
import { FormatError, fillIn, refusal } from './library/format-text.ts';
import type { Problem } from './problem.ts';
import { parseDuration, parseTimestamp, timestampOf } from './time.ts';
import { isOptional, itemOf, type Kind, type Type } from './types.ts';
import { Timestamp } from './values.ts';

/** Mistakes in literals that would fail whenever they are evaluated: times, patterns, formats, mixed types. */
export function checkLiterals(root: Node): Problem[] {
  const problems: Problem[] = [];
  const nodes = allNodes(root);
  const formatted = new Set<Node>();
  for (const node of nodes) {
    if (node.kind !== 'call') continue;
    problems.push(...argument(node));
    if (node.name === 'format' && node.target) {
      for (const below of allNodes(node)) if (below !== node) formatted.add(below);
      problems.push(...format(node));
    }
  }
  for (const node of nodes) {
    if (formatted.has(node)) continue;
    if (node.kind === 'list') problems.push(...items(node));
    else if (node.kind === 'map') problems.push(...entries(node));
  }
  return problems;
}

const VALID: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['duration', (text: string) => parseDuration(text) !== undefined],
  ['timestamp', (text: string) => parseTimestamp(text) instanceof Timestamp],
  ['matches', (text: string) => regexpProblem(text) === undefined],
]);
const isSecond = (value: unknown): boolean => typeof value === 'number' && timestampOf(value) instanceof Timestamp;
function argument({ name, args }: Call): Problem[] {
  const [literal] = args;
  if (literal?.kind !== 'literal') return [];
  const { value } = literal;
  const valid = VALID.get(name);
  const good = typeof value === 'string' ? valid?.(value) : name === 'timestamp' && isSecond(value);
  return !valid || good ? [] : [{ at: literal.at, text: `invalid ${name} argument` }];
}

const mismatch = (node: Node, expected: Type, found: Type): Problem => ({
  at: node.at,
  text: `expected type '${expected.text}' but found '${found.text}'`,
});
function items({ items: nodes, optional }: List): Problem[] {
  let first: Type | undefined;
  for (const [i, node] of nodes.entries()) {
    const own = node.type as Type;
    const type = optional.has(i) && isOptional(own) ? itemOf(own) : own;
    if (first && first.text !== type.text) return [mismatch(node, first, type)];
    first ??= type;
  }
  return [];
}
function entries({ entries: all }: MapNode): Problem[] {
  const [first] = all;
  if (!first) return [];
  const valueType = ({ value, optional }: MapNode['entries'][number]): Type => {
    const own = value.type as Type;
    return optional && isOptional(own) ? itemOf(own) : own;
  };
  const [keys, values] = [first.key.type as Type, valueType(first)];
  return all.flatMap((entry) => {
    const [key, value] = [entry.key.type as Type, valueType(entry)];
    return [
      ...(key.text === keys.text ? [] : [mismatch(entry.key, keys, key)]),
      ...(value.text === values.text ? [] : [mismatch(entry.value, values, value)]),
    ];
  });
}

const SHOWN: readonly Kind[] = [
  'list',
  'map',
  'int',
  'uint',
  'double',
  'bool',
  'string',
  'timestamp',
  'bytes',
  'duration',
  'type',
  'null',
];
const TAKES: Readonly<Record<string, readonly Kind[]>> = {
  s: SHOWN,
  d: ['int', 'uint'],
  f: ['double', 'string'],
  e: ['double', 'string'],
  b: ['int', 'uint', 'bool'],
  x: ['int', 'uint', 'string', 'bytes'],
  X: ['int', 'uint', 'string', 'bytes'],
  o: ['int', 'uint'],
};
/** Kinds that are messages, as refusals name them. */
const MESSAGES: Partial<Record<Kind, string>> = {
  timestamp: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
};
/** Of a format and arguments that both stand in the expression. */
function format({ target, args, at }: Call): Problem[] {
  const [list] = args;
  if (target?.kind !== 'literal' || typeof target.value !== 'string' || list?.kind !== 'list') return [];
  const count = list.items.length;
  let asked = 0;
  let place = at;
  try {
    fillIn(target.value, count, ({ verb }, i) => {
      asked++;
      const bad = unfit(list.items[i] as Node, verb);
      if (!bad) return '';
      place = bad.at;
      const { kind, name } = bad.type as Type;
      throw refusal(verb, MESSAGES[kind] ?? name);
    });
  } catch (error) {
    if (error instanceof FormatError) return [{ at: place, text: error.message }];
    throw error;
  }
  return count > asked
    ? [{ at, text: `too many arguments supplied to string.format (expected ${asked}, got ${count})` }]
    : [];
}
/** The part of an argument that a clause does not take. */
function unfit(node: Node, verb: string): Node | undefined {
  const { kind } = node.type as Type;
  if (kind !== 'dyn' && !TAKES[verb]?.includes(kind)) return node;
  if (verb !== 's') return undefined;
  const parts =
    node.kind === 'list' ? node.items : node.kind === 'map' ? node.entries.flatMap((e) => [e.key, e.value]) : [];
  for (const part of parts) {
    const bad = unfit(part, verb);
    if (bad) return bad;
  }
  return undefined;
}
