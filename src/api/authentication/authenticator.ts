import { unauthorized } from '../../meta/status.ts';
import type { CredentialNotes, Credentials, LoginProvider, User } from '../contract.ts';
import { JwtAuthenticator } from './jwt/jwt-authenticator.ts';
import type { JwtAuthenticatorConfiguration } from './jwt/configuration.ts';
import type { LegacyTokens } from './legacy-tokens.ts';
import type { ServiceAccountTokens } from './service-account-tokens.ts';
import type { AuthenticationSettings } from './settings.ts';
import { tokenDigest } from './token-digest.ts';
import { errorMessage } from '../../meta/error-message.ts';
import type { Clock } from '../../rules/clock.ts';

const AUTHENTICATED = 'system:authenticated';
const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Who has been made a member, by whom an authenticator knows: one object, so that what is kept about a user is found again. */
const members = new WeakMap<User, User>();

/** Everybody who has shown who he is belongs to system:authenticated. */
export function authenticated(user: User): User {
  if (user.groups.includes(AUTHENTICATED) || user.groups.includes('system:unauthenticated')) return user;
  let member = members.get(user);
  if (!member) members.set(user, (member = { ...user, groups: [...user.groups, AUTHENTICATED] }));
  return member;
}

/** Who is it? In this order: whom the façade has verified, static token, service account token, providers, nobody. */
export class Authenticator {
  private providers: readonly JwtAuthenticator[] = [];
  private readonly inTokenFile: ReadonlySet<string>;

  constructor(
    private readonly staticTokens: ReadonlyMap<string, User>,
    private readonly serviceAccounts: ServiceAccountTokens,
    private readonly legacy: Pick<LegacyTokens, 'verify'>,
    private readonly settings: AuthenticationSettings,
    private readonly clock: Pick<Clock, 'now'>,
    private readonly log: (line: string) => void,
  ) {
    this.useProviders(settings.jwt);
    this.inTokenFile = new Set([...staticTokens.keys()].map(tokenDigest));
  }

  isInTokenFile(digest: string): boolean {
    return this.inTokenFile.has(digest);
  }

  /** Where a browser may sign in, in the order of the configuration. */
  get loginProviders(): readonly LoginProvider[] {
    return this.providers.map(({ login }) => login);
  }

  /** From now on tokens of these providers are taken, and of no others. */
  useProviders(jwt: readonly JwtAuthenticatorConfiguration[]): void {
    this.providers = jwt.map((one) => new JwtAuthenticator(one, this.clock, this.settings.algorithms));
  }

  /** Undefined: the credentials are wrong (401). Without credentials it is system:anonymous, where that is allowed. */
  async authenticate({ token, verified, path, notes }: Credentials): Promise<User | undefined> {
    if (verified) return authenticated(verified);
    if (token === undefined) return this.mayBeAnonymous(path) ? ANONYMOUS : undefined;
    return (await this.review(token, [], notes))?.user;
  }

  private mayBeAnonymous(path: string | undefined): boolean {
    const { enabled = false, conditions = [] } = this.settings.anonymous;
    return enabled && (conditions.length === 0 || conditions.some((one) => one.path === path));
  }

  /** As TokenReview answers: the user and the audiences that both sides know. */
  async review(
    token: string,
    audiences: readonly string[],
    notes?: CredentialNotes,
  ): Promise<{ user: User; audiences: readonly string[] } | undefined> {
    const known = this.staticTokens.get(token);
    if (known) return { user: authenticated(known), audiences };
    try {
      const found = await this.serviceAccounts.verify(token, audiences);
      if (found) return { user: authenticated(found.user), audiences: found.audiences };
    } catch {
      throw unauthorized();
    }
    // These have no audience that is ours, and are for this API.
    const own = audiences.filter((audience) => audience === this.serviceAccounts.issuer);
    if (audiences.length && own.length === 0) return undefined;
    const user = (await this.legacy.verify(token, notes)) ?? (await this.ofProvider(token));
    return user && { user: authenticated(user), audiences: own };
  }

  private async ofProvider(token: string): Promise<User | undefined> {
    for (const provider of this.providers) {
      try {
        const user = await provider.authenticate(token);
        if (user) return user;
      } catch (error) {
        // The caller hears only that it is not known; who configured the provider needs to hear why.
        this.log(`oidc: a token was refused: ${errorMessage(error)}`);
      }
    }
    return undefined;
  }
}
