import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { graphqlOptions, registeredDocuments } from '../../src/start/graphql-options.ts';

const POD = 'query Pod { pod(name: "a") { kind } }';
const HASH = createHash('sha256').update(POD).digest('hex');

describe('a file of documents', () => {
  it.each([
    ['names and texts', { 'one-pod': POD }, 'one-pod'],
    ['hashes and texts', { [`sha256:${HASH}`]: POD }, HASH],
    [
      "Apollo's manifest",
      {
        format: 'apollo-persisted-query-manifest',
        version: 1,
        operations: [{ id: HASH, name: 'Pod', type: 'query', body: POD }],
      },
      HASH,
    ],
  ])('of %s: each is known by its name and by its hash', (_, file, name) => {
    const documents = registeredDocuments(JSON.stringify(file), 'FILE');
    expect([documents.get(name), documents.get(HASH)]).toEqual([POD, POD]);
  });

  it.each([
    ['no JSON', 'x', 'FILE: Unexpected token'],
    ['nothing', '{}', 'FILE: it has no documents'],
    ['a list', '[]', 'FILE: it has no documents'],
    ['a text', '"x"', 'FILE: it has no documents'],
    ['what is no document', '{"a":1}', 'FILE: "a" is no document'],
    ['an operation without a body', '{"operations":[{"id":"a"}]}', 'FILE: "a" is no document'],
  ])('that has %s is refused', (_, text, message) => {
    expect(() => registeredDocuments(text, 'FILE')).toThrow(message);
  });
});

describe('the options for documents', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'ku7s-documents-'));
    writeFileSync(path.join(folder, 'documents.json'), JSON.stringify({ pod: POD }));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are none, a file, or a file and no others', () => {
    const file = path.join(folder, 'documents.json');
    expect(graphqlOptions({})).toEqual({ documents: { registered: new Map(), only: false }, ahead: true });
    expect(graphqlOptions({ 'graphql-documents': file })).toMatchObject({ documents: { only: false } });
    const { registered, only } = graphqlOptions({
      'graphql-documents': file,
      'graphql-documents-only': true,
    }).documents;
    expect([registered.get('pod'), only]).toEqual([POD, true]);
  });

  it('may leave the types of the schema until they are asked for', () => {
    expect(graphqlOptions({ 'graphql-schema': 'use' }).ahead).toBe(false);
    expect(graphqlOptions({ 'graphql-schema': 'start' }).ahead).toBe(true);
  });

  it.each([
    [{ 'graphql-documents-only': true }, '--graphql-documents-only needs --graphql-documents FILE'],
    [{ 'graphql-schema': 'never' }, '--graphql-schema: never is none of start, use'],
    [{ 'graphql-documents': '/nowhere' }, '--graphql-documents: there is no file /nowhere'],
  ])('%j are refused', (values, message) => {
    expect(() => graphqlOptions(values)).toThrow(message);
  });
});
