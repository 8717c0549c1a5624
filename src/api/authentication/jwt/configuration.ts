import type { Shape } from '../../../meta/shape.ts';

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

const claimOrExpression: Shape = { fields: { claim: 'string', prefix: 'string', expression: 'string' } };

export const AUTHENTICATION_CONFIGURATION: Shape = {
  fields: {
    apiVersion: 'string',
    kind: 'string',
    jwt: {
      list: {
        fields: {
          issuer: {
            fields: {
              url: 'string',
              discoveryURL: 'string',
              certificateAuthority: 'string',
              audiences: { list: 'string' },
              audienceMatchPolicy: 'string',
              egressSelectorType: 'string',
            },
          },
          claimValidationRules: {
            list: { fields: { claim: 'string', requiredValue: 'string', expression: 'string', message: 'string' } },
          },
          claimMappings: {
            fields: {
              username: claimOrExpression,
              groups: claimOrExpression,
              uid: { fields: { claim: 'string', expression: 'string' } },
              extra: { list: { fields: { key: 'string', valueExpression: 'string' } } },
            },
          },
          userValidationRules: { list: { fields: { expression: 'string', message: 'string' } } },
        },
      },
    },
    anonymous: { fields: { enabled: 'boolean', conditions: { list: { fields: { path: 'string' } } } } },
  },
};
