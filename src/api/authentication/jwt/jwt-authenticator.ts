import { createHash } from 'node:crypto';
import { compactVerify, decodeJwt, errors } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../../rules/clock.ts';
import type { User } from '../../contract.ts';
import { userOf, type Claims, type CompiledMappings } from './claims.ts';
import type { JwtAuthenticatorConfiguration } from './configuration.ts';
import { claimsExpression, userExpression, type Expression } from './expression.ts';
import { IssuerKeys } from './issuer-keys.ts';
import { ProviderLogin } from './provider-login.ts';

/** Signatures that are accepted where none are named: everything asymmetric, never `none` and never a shared secret. */
export const SIGNING_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'];

/** How far in the future a token's first moment may be, s: clocks differ. */
const LEEWAY_SECONDS = 300;
/** A token that was accepted is not looked at again for this long, ms; as kube-apiserver keeps them. */
const KEPT_MS = 10_000;
const MAX_KEPT = 4096;

interface Rule {
  expression: Expression;
  message: string;
}

/** Users of one OpenID provider: its tokens are checked by its keys, and their claims mapped (KEP-3331). */
export class JwtAuthenticator {
  /** where its users sign in */
  readonly login: ProviderLogin;
  private readonly keys: Pick<IssuerKeys, 'find'>;
  private readonly compiled: CompiledMappings;
  private readonly claimRules: Rule[];
  private readonly userRules: Rule[];
  private readonly kept = new LRUCache<string, { user: User; until: number }>({ max: MAX_KEPT });

  /** @param configuration a validated one */
  constructor(
    private readonly configuration: JwtAuthenticatorConfiguration,
    private readonly clock: Pick<Clock, 'now'>,
    private readonly algorithms: readonly string[] = SIGNING_ALGORITHMS,
    keys?: Pick<IssuerKeys, 'find'>,
  ) {
    const { issuer, claimMappings, claimValidationRules = [], userValidationRules = [] } = configuration;
    this.keys = keys ?? new IssuerKeys(issuer, clock);
    this.login = new ProviderLogin(issuer, clock);
    const compile = (text: string | undefined) => (text ? claimsExpression(text) : undefined);
    const { username, groups, uid, extra = [] } = claimMappings;
    this.compiled = {
      username: compile(username.expression),
      groups: compile(groups?.expression),
      uid: compile(uid?.expression),
      extra: extra.map(({ key, valueExpression }) => ({ key, value: claimsExpression(valueExpression) })),
    };
    this.claimRules = claimValidationRules.flatMap(({ expression, message = '' }) =>
      expression ? [{ expression: claimsExpression(expression, 'bool'), message }] : [],
    );
    this.userRules = userValidationRules.map(({ expression, message = '' }) => ({
      expression: userExpression(expression),
      message,
    }));
  }

  /** Undefined: the token is somebody else's. Throws Error for one of this issuer that is not good; says why. */
  async authenticate(token: string): Promise<User | undefined> {
    if (issuerOf(token) !== this.configuration.issuer.url) return undefined;
    const id = createHash('sha256').update(token).digest('base64');
    const kept = this.kept.get(id);
    if (kept && kept.until > this.clock.now()) return kept.user;
    const claims = await this.verify(token);
    const user = userOf(claims, this.configuration.claimMappings, this.compiled);
    this.checkRules(claims, user);
    this.kept.set(id, { user, until: Math.min(this.clock.now() + KEPT_MS, Number(claims['exp']) * 1000) });
    return user;
  }

  private async verify(token: string): Promise<Claims> {
    const claims = JSON.parse(Buffer.from(await this.payload(token)).toString()) as Claims;
    const { issuer } = this.configuration;
    const now = this.clock.now() / 1000;
    const { iss, aud, exp, nbf } = claims;
    if (iss !== issuer.url) throw new Error(`the token is of issuer ${String(iss)}`);
    const audiences: unknown[] = Array.isArray(aud) ? aud : [aud];
    if (!issuer.audiences.some((wanted) => audiences.includes(wanted)))
      throw new Error('the token is for another audience');
    if (typeof exp !== 'number' || exp <= now) throw new Error('the token is expired');
    if (nbf !== undefined && (typeof nbf !== 'number' || nbf > now + LEEWAY_SECONDS))
      throw new Error('the token is not valid yet');
    return claims;
  }

  private async payload(token: string): Promise<Uint8Array> {
    const options = { algorithms: [...this.algorithms] };
    try {
      return (await compactVerify(token, this.keys.find, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      // The token names no key and the provider has several: one of them must fit.
      for await (const key of error) {
        try {
          return (await compactVerify(token, key, options)).payload;
        } catch (next) {
          if (!(next instanceof errors.JWSSignatureVerificationFailed)) throw next;
        }
      }
      throw new errors.JWSSignatureVerificationFailed();
    }
  }

  private checkRules(claims: Claims, user: User): void {
    for (const { claim, requiredValue = '' } of this.configuration.claimValidationRules ?? []) {
      if (!claim) continue;
      if (!Object.hasOwn(claims, claim)) throw new Error(`required claim ${claim} is not present`);
      if (claims[claim] !== requiredValue) throw new Error(`required claim ${claim} has another value`);
    }
    for (const rule of this.claimRules) check(rule, { claims });
    const { name, uid = '', groups, extra = {} } = user;
    for (const rule of this.userRules) check(rule, { user: { username: name, uid, groups, extra } });
  }
}

function check({ expression, message }: Rule, variables: Readonly<Record<string, unknown>>): void {
  const result = expression.evaluate(variables);
  if (typeof result !== 'boolean') throw new Error('validation expression must return a boolean');
  if (!result) throw new Error(`validation expression '${expression.text}' failed: ${message}`);
}

/** What the token says of itself, not believed yet. */
function issuerOf(token: string): unknown {
  if (token.split('.', 4).length !== 3) return undefined;
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}
