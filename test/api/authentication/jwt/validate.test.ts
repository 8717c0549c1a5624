import { describe, expect, it } from 'vitest';
import { validateAuthentication } from '../../../../src/api/authentication/jwt/validate.ts';
import type { AuthenticationConfiguration } from '../../../../src/api/authentication/jwt/configuration.ts';

type Change = Record<string, unknown>;
const one = (change: Change = {}) => ({
  issuer: { url: 'https://a.example', audiences: ['me'] },
  claimMappings: { username: { claim: 'sub', prefix: '' } },
  ...change,
});
const issuer = (change: Change) => one({ issuer: { url: 'https://a.example', audiences: ['me'], ...change } });
const mappings = (change: Change) => one({ claimMappings: { username: { claim: 'sub', prefix: '' }, ...change } });
const rule = (...rules: Change[]) => one({ claimValidationRules: rules });
const errors = (configuration: unknown) =>
  validateAuthentication(configuration as AuthenticationConfiguration, ['https://own.example']).map(
    ({ field, body }) => `${field}: ${body}`,
  );

/** Stands for what is said of every name that is no domain. */
const DOMAIN = 'no domain';

/** The words of kube-apiserver 1.35. */
describe('an authentication configuration', () => {
  it.each<[string, Change, string[]]>([
    ['one that is good', one(), []],
    ['no URL', issuer({ url: '' }), ['issuer.url: Required value']],
    [
      'http',
      issuer({ url: 'http://a.example' }),
      ['issuer.url: Invalid value: "http://a.example": URL scheme must be https'],
    ],
    [
      'a user, a query and a fragment',
      issuer({ url: 'https://u:p@a.example?q=1#f' }),
      ['a username or password', 'a query', 'a fragment'].map(
        (what) => `issuer.url: Invalid value: "https://u:p@a.example?q=1#f": URL must not contain ${what}`,
      ),
    ],
    [
      "the service accounts' issuer",
      issuer({ url: 'https://own.example' }),
      [
        'issuer.url: Invalid value: "https://own.example": URL must not overlap with disallowed issuers: [https://own.example]',
      ],
    ],
    [
      'discovery at the issuer',
      issuer({ discoveryURL: 'https://a.example/' }),
      ['issuer.discoveryURL: Invalid value: "https://a.example/": discoveryURL must be different from URL'],
    ],
    [
      'no audience',
      issuer({ audiences: [] }),
      ['issuer.audiences: Required value: at least one jwt[0].issuer.audiences is required'],
    ],
    [
      'audiences twice and empty',
      issuer({ audiences: ['a', 'a', ''], audienceMatchPolicy: 'MatchAny' }),
      ['issuer.audiences[1]: Duplicate value: "a"', 'issuer.audiences[2]: Required value'],
    ],
    [
      'two audiences without a policy',
      issuer({ audiences: ['a', 'b'] }),
      ['issuer.audienceMatchPolicy: Invalid value: "": audienceMatchPolicy must be MatchAny for multiple audiences'],
    ],
    [
      'an authority that is none',
      issuer({ certificateAuthority: 'pem' }),
      [
        'issuer.certificateAuthority: Invalid value: "<omitted>": data does not contain any valid RSA or ECDSA certificates',
      ],
    ],
    [
      'no mappings',
      one({ claimMappings: {} }),
      ['claimMappings.username: Required value: claim or expression is required'],
    ],
    [
      'a claim without a prefix',
      mappings({ username: { claim: 'sub' } }),
      [
        'claimMappings.username.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing',
      ],
    ],
    [
      'claim and expression',
      mappings({ username: { claim: 'sub', expression: 'claims.sub' }, uid: { claim: 'a', expression: 'claims.a' } }),
      ['username', 'uid'].map(
        (name) => `claimMappings.${name}: Invalid value: "": claim and expression can't both be set`,
      ),
    ],
    [
      'a prefix of an expression',
      mappings({ groups: { expression: 'claims.groups', prefix: 'x' } }),
      ['claimMappings.groups.prefix: Invalid value: "x": may not be specified when expression is set'],
    ],
    [
      'an address that nobody checks',
      mappings({ username: { expression: 'claims.email' } }),
      [
        'claimMappings.username.expression: Invalid value: "claims.email": claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression',
      ],
    ],
    [
      'an address that a rule checks',
      {
        ...mappings({ username: { expression: 'claims.email' } }),
        claimValidationRules: [{ expression: 'claims.?email_verified.orValue(true) == true' }],
      },
      [],
    ],
    [
      'keys of extra',
      mappings({
        extra: [
          { key: 'Example.com/a', valueExpression: 'claims.a' },
          { key: 'kubernetes.io/a', valueExpression: 'claims.a' },
          { key: 'a.k8s.io/b', valueExpression: 'claims.a' },
          { key: 'example.com/c' },
          { key: 'example.com/c', valueExpression: 'claims.c' },
        ],
      }),
      [
        DOMAIN,
        'claimMappings.extra[0].key: Invalid value: "Example.com/a": must be lowercase',
        'claimMappings.extra[1].key: Invalid value: "kubernetes.io/a": k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use',
        'claimMappings.extra[2].key: Invalid value: "a.k8s.io/b": k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use',
        'claimMappings.extra[3].valueExpression: Required value',
        'claimMappings.extra[4].key: Duplicate value: "example.com/c"',
      ],
    ],
    [
      'rules',
      rule(
        {},
        { claim: 'a', expression: 'true' },
        { claim: 'a', message: 'm' },
        { claim: 'a' },
        { expression: 'true', requiredValue: 'v' },
        { expression: 'true' },
      ),
      [
        'claimValidationRules[0]: Required value: claim or expression is required',
        `claimValidationRules[1]: Invalid value: "a": claim and expression can't both be set`,
        'claimValidationRules[2].message: Invalid value: "m": may not be specified when claim is set',
        'claimValidationRules[3].claim: Duplicate value: "a"',
        'claimValidationRules[4].requiredValue: Invalid value: "v": may not be specified when expression is set',
        'claimValidationRules[5].expression: Duplicate value: "true"',
      ],
    ],
    [
      'rules for users',
      one({ userValidationRules: [{}, { expression: 'true' }, { expression: 'true' }] }),
      [
        'userValidationRules[0].expression: Required value',
        'userValidationRules[2].expression: Duplicate value: "true"',
      ],
    ],
  ])('%s', (_, authenticator, found) => {
    expect(errors({ jwt: [authenticator] })).toEqual(
      found.map((line) => (line === DOMAIN ? expect.stringMatching(/extra\[0\].key: .*RFC 1123/) : `jwt[0].${line}`)),
    );
  });

  it.each<[string, unknown, string[]]>([
    ['none', {}, []],
    ['the same issuer twice', { jwt: [one(), one()] }, ['jwt[1].issuer.url: Duplicate value: "https://a.example"']],
    ['too many', { jwt: Array.from({ length: 65 }, () => one()) }, ['jwt: Too many: 65: must have at most 64 items']],
    [
      'conditions for nobody',
      { anonymous: { enabled: false, conditions: [{ path: '/livez' }] } },
      [
        'anonymous.conditions: Invalid value: [{"path":"/livez"}]: enabled should be set to true when conditions are defined',
      ],
    ],
    [
      'parts missing',
      { jwt: [{}] },
      [
        'jwt[0].issuer.url: Required value',
        'jwt[0].issuer.audiences: Required value: at least one jwt[0].issuer.audiences is required',
        'jwt[0].claimMappings.username: Required value: claim or expression is required',
      ],
    ],
  ])('%s', (_, configuration, found) => {
    expect(errors(configuration)).toEqual(found);
  });
});
