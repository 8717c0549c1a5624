import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { PersistedSettings } from '../resolvers/persisted-documents.ts';
import { StartError } from './start-error.ts';

/** For parseArgs. */
export const GRAPHQL_FLAGS = {
  'graphql-documents': { type: 'string' },
  'graphql-documents-only': { type: 'boolean' },
  'graphql-schema': { type: 'string' },
} as const;

export const GRAPHQL_USAGE = `  --graphql-documents FILE  GraphQL documents that clients may run by name: {"NAME":"query …"} or Apollo's manifest
  --graphql-documents-only  users run these and no others; the administrator and the cluster's own parts may
  --graphql-schema WHEN     start (default): its types are made when the API has started; use: when they are first asked
                            for, which then takes a moment, and no memory where nobody asks`;

type Values = {
  'graphql-documents'?: string | undefined;
  'graphql-documents-only'?: boolean | undefined;
  'graphql-schema'?: string | undefined;
};

export interface GraphQLSettings {
  documents: PersistedSettings;
  /** whether the types of the schema are made before anybody asks for them */
  ahead: boolean;
}
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Throws StartError. */
export function graphqlOptions(values: Values): GraphQLSettings {
  const { 'graphql-schema': schema = 'start' } = values;
  if (schema !== 'start' && schema !== 'use') throw new StartError(`--graphql-schema: ${schema} is none of start, use`);
  return { documents: documentOptions(values), ahead: schema === 'start' };
}

function documentOptions(values: Values): PersistedSettings {
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
