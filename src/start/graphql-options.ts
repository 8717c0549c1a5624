import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { PersistedSettings } from '../resolvers/persisted-documents.ts';
import { StartError } from './start-error.ts';

/** For parseArgs. */
export const GRAPHQL_FLAGS = {
  'graphql-documents': { type: 'string' },
  'graphql-documents-only': { type: 'boolean' },
} as const;

export const GRAPHQL_USAGE = `  --graphql-documents FILE  GraphQL documents that clients may run by name: {"NAME":"query …"} or Apollo's manifest
  --graphql-documents-only  users run these and no others; the administrator and the cluster's own parts may`;

type Values = { 'graphql-documents'?: string; 'graphql-documents-only'?: boolean };
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Throws StartError. */
export function graphqlOptions(values: Values): PersistedSettings {
  const { 'graphql-documents': file, 'graphql-documents-only': only = false } = values;
  if (file === undefined) {
    if (only) throw new StartError('--graphql-documents-only needs --graphql-documents FILE');
    return { registered: new Map(), only };
  }
  if (!existsSync(file)) throw new StartError(`--graphql-documents: there is no file ${file}`);
  return { registered: registeredDocuments(readFileSync(file, 'utf8'), `--graphql-documents ${file}`), only };
}

/**
 * The documents of a file by the names that requests may give them: those of the file, and the SHA-256 of each text.
 * @param where it is, for the error
 */
export function registeredDocuments(text: string, where: string): ReadonlyMap<string, string> {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    throw new StartError(`${where}: ${(error as Error).message}`, { cause: error });
  }
  const named = isObject(file) ? (manifestOf(file) ?? Object.entries(file)) : [];
  if (named.length === 0) throw new StartError(`${where}: it has no documents`);
  const registered = new Map<string, string>();
  for (const [name, body] of named) {
    if (typeof name !== 'string' || typeof body !== 'string')
      throw new StartError(`${where}: ${JSON.stringify(name)} is no document`);
    registered.set(name.replace(/^sha256:/, ''), body);
    registered.set(createHash('sha256').update(body).digest('hex'), body);
  }
  return registered;
}

/** `{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id","body"}]}` */
function manifestOf({ operations }: Record<string, unknown>): [unknown, unknown][] | undefined {
  if (!Array.isArray(operations)) return undefined;
  return operations.map((operation) => (isObject(operation) ? [operation['id'], operation['body']] : [operation, '']));
}
