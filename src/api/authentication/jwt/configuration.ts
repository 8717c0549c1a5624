import { FLAG, listOf, struct, TEXT } from '../../../go/decode-shape.ts';

/**
 * AuthenticationConfiguration of apiserver.config.k8s.io (KEP-3331): whose JSON web tokens are believed, how their
 * claims become a user, and who may ask without any credential.
 */
export interface AuthenticationConfiguration {
  jwt?: readonly JwtAuthenticatorConfiguration[];
  anonymous?: AnonymousConfiguration;
}

export interface AnonymousConfiguration {
  enabled?: boolean;
  /** paths for which anonymous requests are taken; all when not given */
  conditions?: readonly { path: string }[];
}

export interface JwtAuthenticatorConfiguration {
  issuer: Issuer;
  claimValidationRules?: readonly ClaimValidationRule[];
  claimMappings: ClaimMappings;
  userValidationRules?: readonly UserValidationRule[];
}

export interface Issuer {
  url: string;
  /** where the provider's document is, when not below `url` */
  discoveryURL?: string;
  /** PEM; the machine's own authorities when not given */
  certificateAuthority?: string;
  audiences: readonly string[];
  audienceMatchPolicy?: string;
  egressSelectorType?: string;
}

/** Either a claim with the value that it must have, or an expression that must be true. */
export interface ClaimValidationRule {
  claim?: string;
  requiredValue?: string;
  expression?: string;
  message?: string;
}

export interface UserValidationRule {
  expression: string;
  message?: string;
}

/** Either a claim with a prefix for its values, or an expression. */
export interface PrefixedClaimOrExpression {
  claim?: string;
  prefix?: string;
  expression?: string;
}

export interface ClaimMappings {
  username: PrefixedClaimOrExpression;
  groups?: PrefixedClaimOrExpression;
  uid?: { claim?: string; expression?: string };
  extra?: readonly { key: string; valueExpression: string }[];
}

const PREFIXED = struct('PrefixedClaimOrExpression', { claim: TEXT, prefix: TEXT, expression: TEXT });
const ISSUER = struct('Issuer', {
  url: TEXT,
  discoveryURL: TEXT,
  certificateAuthority: TEXT,
  audiences: listOf(TEXT),
  audienceMatchPolicy: { go: 'v1.AudienceMatchPolicyType', json: 'string' },
  egressSelectorType: { go: 'v1.EgressSelectorType', json: 'string' },
});
const MAPPINGS = struct('ClaimMappings', {
  username: PREFIXED,
  groups: PREFIXED,
  uid: struct('ClaimOrExpression', { claim: TEXT, expression: TEXT }),
  extra: listOf(struct('ExtraMapping', { key: TEXT, valueExpression: TEXT })),
});
const CLAIM_RULE = struct('ClaimValidationRule', {
  claim: TEXT,
  requiredValue: TEXT,
  expression: TEXT,
  message: TEXT,
});
const AUTHENTICATOR = struct('JWTAuthenticator', {
  issuer: ISSUER,
  claimValidationRules: listOf(CLAIM_RULE),
  claimMappings: MAPPINGS,
  userValidationRules: listOf(struct('UserValidationRule', { expression: TEXT, message: TEXT })),
});
const ANONYMOUS = struct('AnonymousAuthConfig', {
  enabled: FLAG,
  conditions: listOf(struct('AnonymousAuthCondition', { path: TEXT })),
});

export const AUTHENTICATION_CONFIGURATION = struct('AuthenticationConfiguration', {
  apiVersion: TEXT,
  kind: TEXT,
  jwt: listOf(AUTHENTICATOR),
  anonymous: ANONYMOUS,
});
