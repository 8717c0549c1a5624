import { UnsecuredJWT } from 'jose';
import { expect, it } from 'vitest';
import { lifeOf, type Life, type Shown } from '../../../src/api/standing/life.ts';

const token = (claims: Record<string, unknown>): Shown => ({
  token: new UnsecuredJWT(claims).encode().replace(/\.$/, '.x'),
});
const NAMED = { namespace: 'a', serviceaccount: { name: 'sa', uid: '1' } };
const ACCOUNT = { resource: 'serviceaccounts', namespace: 'a', name: 'sa' };

it.each<[string, Shown, Life]>([
  ['nothing', {}, {}],
  ['a certificate', { certificateUntil: 5000 }, { until: 5000 }],
  ['a token of a file', { token: 'sesame' }, {}],
  ['a token of a file that looks like another', { token: 'a.b.c' }, {}],
  ['a token of a provider', token({ exp: 7 }), { until: 7000 }],
  ['a token without an end', token({ sub: 'x' }), {}],
  ['a token of an account', token({ exp: 7, 'kubernetes.io': NAMED }), { until: 7000, bound: [ACCOUNT] }],
  [
    'a token for a pod',
    token({ 'kubernetes.io': { ...NAMED, pod: { name: 'p', uid: '2' }, node: { name: 'n', uid: '3' } } }),
    {
      bound: [
        ACCOUNT,
        { resource: 'pods', namespace: 'a', name: 'p' },
        { resource: 'nodes', namespace: '', name: 'n' },
      ],
    },
  ],
  [
    'a token of a Secret',
    token({
      'kubernetes.io/serviceaccount/namespace': 'a',
      'kubernetes.io/serviceaccount/secret.name': 's',
      'kubernetes.io/serviceaccount/service-account.name': 'sa',
    }),
    { bound: [ACCOUNT, { resource: 'secrets', namespace: 'a', name: 's' }] },
  ],
  ['claims that are no objects', token({ 'kubernetes.io': 'x' }), {}],
])('%s', (_, shown, expected) => {
  const { until, bound } = lifeOf(shown);
  expect({ ...(until !== undefined && { until }), ...(bound && { bound: [...bound].sort(byResource) }) }).toEqual({
    ...expected,
    ...(expected.bound && { bound: [...expected.bound].sort(byResource) }),
  });
});

const byResource = (a: { resource: string }, b: { resource: string }): number => a.resource.localeCompare(b.resource);
