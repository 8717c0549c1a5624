import { describe, expect, it } from 'vitest';
import { atOnce } from '../../../../src/meta/steps.ts';
import type { Node } from '../../../../src/rest/openapi/definitions.ts';
import { merge } from '../../../../src/rest/openapi/others/merge.ts';
import { readSecond } from '../../../../src/rest/openapi/others/read-second.ts';

const PLACE = { group: 'a.example.com', version: 'v1' };
const PATH = '/apis/a.example.com/v1/things';
const KINDS = 'x-kubernetes-group-version-kind';
const refer = (name: string, place = 'definitions'): Node => ({ $ref: `#/${place}/${name}` });
const answers = (schema: Node): Node => ({ get: { responses: { 200: { description: 'OK', schema } } } });
const text = { type: 'string' };

/** What the group and version keep of a document. */
const read = (document: object, place = PLACE) => atOnce(readSecond(JSON.stringify(document), 'e', place));
const taken = (document: object, place = PLACE) => {
  const found = read(document, place);
  if (!found) throw new Error('no paths');
  return found;
};
const kind = (group: string, name: string) => ({ group, version: 'v1', kind: name });

describe('a document of version 2', () => {
  it('keeps the paths of its group and version, and what they lead to', () => {
    const { paths, definitions, parameters } = taken({
      paths: {
        [PATH]: { ...answers(refer('A')), parameters: [refer('p', 'parameters')] },
        '/apis/a.example.com/v10/things': answers(refer('Other')),
        '/apis/a.example.com/v1': answers(refer('Other')),
        '/api/v1/pods': answers(refer('Other')),
      },
      definitions: {
        A: { properties: { b: refer('B') } },
        B: { properties: { a: { type: 'array', items: refer('A') } } },
        Other: { properties: { only: refer('OtherToo') } },
        OtherToo: text,
        Nowhere: text,
      },
      parameters: { p: { in: 'query', name: 'p', type: 'string' } },
    });
    expect([...paths.keys()]).toEqual([PATH]);
    expect([...definitions.keys()]).toEqual(['A', 'B', 'Nowhere']);
    expect([...parameters.keys()]).toEqual(['p']);
  });

  it('without paths says nothing', () => {
    expect(read({ swagger: '2.0' })).toBeUndefined();
  });

  const deep = (levels: number): Node => (levels ? { properties: { a: deep(levels - 1) } } : {});
  it.each<[string, object]>([
    ['paths that are no object', { paths: [] }],
    ['a path that is none', { paths: { [PATH]: 1 } }],
    ['definitions of null', { paths: {}, definitions: { A: null } }],
    ['parameters that are text', { paths: {}, parameters: 'p' }],
    ['what cannot be said in the other form', { paths: { [PATH]: { get: { parameters: 5 } } } }],
    ['too many levels', { paths: {}, definitions: { A: deep(300) } }],
    ['too many values', { paths: {}, definitions: { A: { enum: Array(500_000).fill(0) } } }],
  ])('is refused with %s', (_, document) => {
    expect(() => read(document)).toThrow();
  });
  it.each(['', '[]', '"a"', '{', 'null'])('is refused as %j', (document) => {
    expect(() => atOnce(readSecond(document, 'e', PLACE))).toThrow();
  });
});

describe('documents of several servers', () => {
  const of = (definitions: Record<string, Node>, place = PLACE, parameters = {}) =>
    taken(
      {
        paths: {
          [`/apis/${place.group}/${place.version}/things`]: {
            ...answers({ allOf: Object.keys(definitions).map((name) => refer(name)) }),
            parameters: Object.keys(parameters).map((name) => refer(name, 'parameters')),
          },
        },
        definitions,
        parameters,
      },
      place,
    );
  const B = { group: 'b.example.com', version: 'v1' };
  const merged = (documents: ReturnType<typeof of>[], own: Record<string, Node> = {}) =>
    atOnce(merge(documents, (name) => own[name]));

  it('keep names that nobody else has', () => {
    const { definitions, paths } = merged([of({ A: text }), of({ C: text }, B)]);
    expect([...definitions.keys()]).toEqual(['A', 'C']);
    expect([...paths.keys()]).toEqual([PATH, '/apis/b.example.com/v1/things']);
  });

  it('share what says the same, whatever the words, and add their kinds', () => {
    const said = (words: string, ...kinds: object[]): Node => ({
      description: words,
      type: 'object',
      properties: { description: { description: words, type: 'string' } },
      [KINDS]: kinds,
    });
    const { definitions, kinds } = merged(
      [
        of({ Own: said('two', kind('a', 'A')), Both: said('x', kind('b', 'B')) }),
        of({ Own: said('three', kind('c', 'C')), Both: said('y', kind('a', 'B')) }, B),
      ],
      { Own: said('one', kind('b', 'B')) },
    );
    expect([...definitions]).toEqual([['Both', said('x', kind('a', 'B'), kind('b', 'B'))]]);
    expect([...kinds]).toEqual([['Own', [kind('a', 'A'), kind('c', 'C')]]]);
  });

  it('are told apart where a property of that name differs', () => {
    const { definitions } = merged([of({ Own: { properties: { description: { type: 'integer' } } } })], {
      Own: { properties: { description: text } },
    });
    expect([...definitions.keys()]).toEqual(['Own_v2']);
  });

  it('are renamed where they say something else, with all that refers to them', () => {
    const integer = { type: 'integer' };
    const { definitions, parameters, paths } = merged(
      [
        of({ Own: integer, Holder: { items: refer('Own') } }, PLACE, { p: { in: 'query', name: 'p', type: 'string' } }),
        of({ Own: integer, Own_v2: text }, B, { p: { in: 'query', name: 'p', type: 'integer' } }),
      ],
      { Own: text },
    );
    expect(Object.fromEntries(definitions)).toEqual({
      Own_v2: integer,
      Holder: { items: refer('Own_v2') },
      Own_v2_v2: text,
    });
    expect([...parameters.keys()]).toEqual(['p', 'p_v2']);
    const [first, second] = [...paths.values()];
    expect(first).toMatchObject({
      get: { responses: { 200: { schema: { allOf: [refer('Own_v2'), refer('Holder')] } } } },
      parameters: [refer('p', 'parameters')],
    });
    expect(second).toMatchObject({
      get: { responses: { 200: { schema: { allOf: [refer('Own_v2'), refer('Own_v2_v2')] } } } },
      parameters: [refer('p_v2', 'parameters')],
    });
  });
});
