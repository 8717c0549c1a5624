import json from '../../schema/descriptions.json' with { type: 'json' };
import { typeFacts } from './facts.ts';

/**
 * `schema/descriptions.json`, written by hand: what types, fields and Table columns are, in one line each. OpenAPI,
 * `kubectl explain`, GraphQL and Tables say the same sentences; what is not in the file has no description.
 */
interface TypeText {
  description?: string;
  fields?: Readonly<Record<string, string>>;
}

const types: Readonly<Record<string, TypeText>> = json.types;
const columns: Readonly<Record<string, Readonly<Record<string, string>>>> = json.columns;

/** The types under which the file has the fields that all objects, or all lists of them, have in common. */
export const ANY_OBJECT = '*';
export const ANY_LIST = '*List';

/** @param type OpenAPI definition name, `io.k8s.api.core.v1.Pod` */
export const typeDescription = (type: string): string | undefined => types[type]?.description;

/**
 * @param type OpenAPI definition name, or ANY_OBJECT or ANY_LIST
 * @param field JSON name
 */
export const fieldDescription = (type: string, field: string): string | undefined =>
  types[type]?.fields?.[field] ?? types[sharedBy(type)]?.fields?.[field];

function sharedBy(type: string): string {
  const facts = typeFacts[type];
  if (!facts?.gvk) return '';
  return facts.fields?.some(([name]) => name === 'items') ? ANY_LIST : ANY_OBJECT;
}

/**
 * What a Table says of a column; '' for one without words.
 *
 * @param resource group, version and resource, as far as there are any: `v1/pods`, `apps/v1/deployments`
 */
export const columnDescription = (resource: string, column: string): string =>
  columns[resource]?.[column] ?? columns['*']?.[column] ?? '';
