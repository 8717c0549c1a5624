import type { Schema } from '../../../kinds/schema.ts';
import { isPlain } from '../plain.ts';
import { ElementError, fieldElements, itemElement, showElement } from './element.ts';
import { printLiteral, printType, printValue } from '../../../go/print-value.ts';
import type { Untyped } from './compare.ts';

const goSyntax = (value: unknown): string => `&value.valueUnstructured{Value:${printLiteral(value)}}`;

function scalarProblem(type: string, value: unknown): string | undefined {
  switch (type) {
    case 'string':
    case 'bytes':
    case 'duration':
      return typeof value === 'string' ? undefined : `expected string, got ${goSyntax(value)}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got &{${printValue(value)}}`;
    case 'int32':
    case 'int64':
    case 'double':
      return typeof value === 'number' || typeof value === 'bigint'
        ? undefined
        : `expected numeric (int or float), got ${printType(value)}`;
    default:
      return typeof value === 'object' ? `expected any scalar, got &{${printValue(value)}}` : undefined;
  }
}

/**
 * What keeps an applied configuration from being read by its schema: unknown fields, wrong types, items without or
 * with the same key. One line each, `.path: problem`; empty when it can be read.
 */
export function configProblems(schema: Schema, config: unknown, untyped: Untyped): string[] {
  const problems: string[] = [];
  walk(schema, config, '', untyped, problems);
  return problems;
}

const at = (path: string, problem: string): string => (path ? `${path}: ${problem}` : problem);

function walk(schema: Schema, value: unknown, path: string, untyped: Untyped, problems: string[]): void {
  if (value === null || value === undefined || schema.type === 'any') return;
  if (schema.type === 'list') {
    if (!Array.isArray(value)) problems.push(at(path, `expected list, got &{${printValue(value)}}`));
    else if (schema.listType === 'atomic')
      value.forEach((item, i) => walk(schema.item, item, `${path}[${i}]`, untyped, problems));
    else walkItems(schema, value, path, untyped, problems);
    return;
  }
  if (schema.type !== 'object' && schema.type !== 'map') {
    const problem = scalarProblem(schema.type, value);
    if (problem) problems.push(at(path, problem));
    return;
  }
  if (!isPlain(value)) {
    problems.push(at(path, `expected map, got &{${printValue(value)}}`));
    return;
  }
  const declared = schema.type === 'object' ? fieldElements(schema) : undefined;
  for (const key of Object.keys(value)) {
    const field = declared?.get(key);
    if (field) walk(field.schema, value[key], `${path}.${key}`, untyped, problems);
    else if (schema.type === 'map') walk(schema.value, value[key], `${path}.${key}`, untyped, problems);
    else if (
      !schema.preserveUnknown &&
      !(path === '' && (key === 'apiVersion' || key === 'kind' || key === 'metadata'))
    ) {
      problems.push(at(`${path}.${key}`, 'field not declared in schema'));
      return; // the rest of the object is not looked at
    }
  }
}

function walkItems(
  schema: Extract<Schema, { type: 'list' }>,
  items: readonly unknown[],
  path: string,
  untyped: Untyped,
  problems: string[],
): void {
  const seen = new Set<string>();
  for (let i = 0; i < items.length; i++) {
    let element: string;
    try {
      element = itemElement(schema, items[i]);
    } catch (error) {
      if (!(error instanceof ElementError)) throw error;
      problems.push(at(path, `element ${i}: ${error.message}`));
      return; // nor is that of a list
    }
    if (seen.has(element)) problems.push(at(path, `duplicate entries for key ${showElement(element)}`));
    seen.add(element);
    walk(schema.item, items[i], path + showElement(element), untyped, problems);
  }
}
