import type { AnonymousConfiguration, JwtAuthenticatorConfiguration } from './jwt/configuration.ts';

/** Who may show what, beside client certificates and service account tokens. */
export interface AuthenticationSettings {
  /** providers of JSON web tokens, validated */
  jwt: readonly JwtAuthenticatorConfiguration[];
  /** signatures that their tokens may have: RS256 … */
  algorithms: readonly string[];
  anonymous: AnonymousConfiguration;
}
