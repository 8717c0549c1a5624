import { print, type DocumentNode } from 'graphql';
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';

/**
 * A document that knows its result and its variables, as graphql-codegen's client preset makes it: a syntax tree, or a
 * text with `documentMode: 'string'`; or a plain text, whose result is then not known.
 */
export type Document<R, V> = Text & DocumentTypeDecoration<R, V>;
type Text = string | DocumentNode | { toString(): string };

/** Variables must be given where the document has required ones. */
export type VariablesOf<V> =
  V extends Record<string, never> ? [] : Partial<V> extends V ? [variables?: V | undefined] : [variables: V];

const printed = new WeakMap<object, string>();

/** What is sent: a tree is printed once. */
export function textOf(document: Text): string {
  if (typeof document === 'string') return document;
  if (!('kind' in document)) return document.toString();
  let text = printed.get(document);
  if (text === undefined) printed.set(document, (text = print(document)));
  return text;
}
