import { unauthorized } from '../../meta/status.ts';
import type { Credentials, User } from '../contract.ts';
import type { ServiceAccountTokens } from './service-account-tokens.ts';

const AUTHENTICATED = 'system:authenticated';
const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Everybody who has shown who he is belongs to system:authenticated. */
export const authenticated = (user: User): User =>
  user.groups.includes(AUTHENTICATED) || user.groups.includes('system:unauthenticated')
    ? user
    : { ...user, groups: [...user.groups, AUTHENTICATED] };

/** Who is it? In this order: whom the façade has verified, static token, service account token, nobody. */
export class Authenticator {
  constructor(
    private readonly staticTokens: ReadonlyMap<string, User>,
    private readonly serviceAccounts: ServiceAccountTokens,
  ) {}

  /** Undefined: the credentials are wrong (401). Without credentials it is system:anonymous. */
  async authenticate({ token, verified }: Credentials): Promise<User | undefined> {
    if (verified) return authenticated(verified);
    if (token === undefined) return ANONYMOUS;
    return (await this.review(token, []))?.user;
  }

  /** As TokenReview answers: the user and the audiences that both sides know. */
  async review(
    token: string,
    audiences: readonly string[],
  ): Promise<{ user: User; audiences: readonly string[] } | undefined> {
    const known = this.staticTokens.get(token);
    if (known) return { user: authenticated(known), audiences };
    try {
      const found = await this.serviceAccounts.verify(token, audiences);
      return found && { user: authenticated(found.user), audiences: found.audiences };
    } catch {
      throw unauthorized();
    }
  }
}
