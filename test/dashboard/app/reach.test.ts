import { readFileSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { Kind } from '../../../dashboard/app/server/kind.ts';
import { reachDocument, reachOf, wayTo } from '../../../dashboard/app/server/reach.ts';
import { rightsDocument, rightsIn } from '../../../dashboard/app/server/rights.ts';

const schema = buildSchema(readFileSync(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8'));
const kindOf = (resource: string, rights: string[] = [], namespaced = true): Kind =>
  ({ resource, rights, namespaced }) as unknown as Kind;

const pods = kindOf('pods');
const secrets = kindOf('secrets');
const nodes = kindOf('nodes', [], false);
const clusterOf = (...kinds: Kind[]) => ({ kinds, writes: true });
/** `shop` is looked into, `depot` is edited, in `attic` one lists secrets without following them. */
const NAMESPACES = ['shop', 'depot', 'attic'];
const LOOK = ['get', 'list', 'watch'];
const HERE = new Map([
  ['pods', [LOOK, [...LOOK, 'create'], []]],
  ['secrets', [[], LOOK, ['list']]],
  ['nodes', [[], [], []]],
]);

describe('what one may read of the namespaces that are looked at', () => {
  it('is asked for in a document that the server takes', () => {
    expect(validate(schema, parse(reachDocument(NAMESPACES)))).toEqual([]);
  });

  it('is everything where one may list it everywhere', () => {
    const all = kindOf('pods', LOOK);
    expect(reachOf(clusterOf(all), [], undefined).of(all)).toEqual({ namespaces: [], watch: true });
    expect(reachOf(clusterOf(all), ['shop'], undefined).of(all)).toEqual({ namespaces: ['shop'], watch: true });
    const clusterWide = kindOf('nodes', ['list'], false);
    expect(reachOf(clusterOf(clusterWide), ['shop'], undefined).of(clusterWide)).toEqual({
      namespaces: [],
      watch: false,
    });
  });

  it('is those namespaces in which one may list it, followed where one may follow it in each', () => {
    const reach = reachOf(clusterOf(pods, secrets, nodes), NAMESPACES, HERE);
    expect(reach.of(pods)).toEqual({ namespaces: ['shop', 'depot'], watch: true });
    expect(reach.of(secrets)).toEqual({ namespaces: ['depot', 'attic'], watch: false });
    expect(reach.of(nodes)).toBeUndefined();
    expect(reach.listable).toEqual([pods, secrets]);
  });

  it('is nothing as long as it is not known', () => {
    const { known, of, listable } = reachOf(clusterOf(pods), NAMESPACES, undefined);
    expect([known, of(pods), listable]).toEqual([false, undefined, []]);
  });

  it('says whether anything can be written there, in a session that may write', () => {
    expect(reachOf(clusterOf(pods), NAMESPACES, HERE).writes).toBe(true);
    expect(reachOf(clusterOf(pods), ['shop'], new Map([['pods', [LOOK]]])).writes).toBe(false);
    expect(reachOf({ kinds: [pods], writes: false }, NAMESPACES, HERE).writes).toBe(false);
  });
});

describe('the way to an object', () => {
  it.each([
    ['one may follow them everywhere', LOOK, undefined, 'follow'],
    ['it is not known yet', [], undefined, null],
    ['one may follow them in its namespace', [], LOOK, 'follow'],
    ['one may read it', [], ['get', 'list'], 'read'],
    ['one may not', [], ['list'], undefined],
  ])('where %s', (_, everywhere, here, way) => {
    expect(wayTo(kindOf('pods', everywhere), here && new Set(here))).toBe(way);
  });
});

describe('what one may do in several namespaces', () => {
  const kind = { subresources: ['scale', 'status'] };
  const answer = { n0: ['get', 'delete'], n0_scale: ['patch'], n1: ['get'], n1_scale: ['patch', 'get'] };

  it('is asked for in a document that the server takes', () => {
    expect(validate(schema, parse(rightsDocument([kind], 2)))).toEqual([]);
  });

  it('is what one may do in each of them', () => {
    expect([...rightsIn(kind, answer, 1, true)]).toEqual(['get', 'delete', 'patch scale']);
    expect([...rightsIn(kind, answer, 2, true)]).toEqual(['get', 'patch scale']);
  });

  it('is only to read in a session for reading', () => {
    expect([...rightsIn(kind, answer, 1, false)]).toEqual(['get']);
  });
});
