import type { Key } from '../../store/contract.ts';
import { tokenDigest } from '../authentication/token-digest.ts';
import type { Api, Credential, Impersonation, User } from '../contract.ts';
import { lifeOf, type Life, type Shown } from './life.ts';

/** What a request has shown of who it is; of one that has shown nothing, anybody's. */
export class ShownCredential implements Credential {
  private known: Life | undefined;

  /**
   * @param recheck authenticates what was shown again, as at first
   * @param shown what that was; read when something stays open, as most requests end before
   */
  constructor(
    readonly recheck: () => Promise<User | undefined>,
    private readonly shown: Shown,
  ) {}

  get until(): number | undefined {
    return this.life.until;
  }
  get bound(): readonly Key[] | undefined {
    return this.life.bound;
  }
  get digest(): string | undefined {
    return this.shown.token === undefined ? undefined : tokenDigest(this.shown.token);
  }
  private get life(): Life {
    return (this.known ??= lifeOf(this.shown));
  }
}

/** One who acts for another: as long as he is who he is, and may. */
export class ActingCredential implements Credential {
  constructor(
    private readonly api: Pick<Api, 'impersonate'>,
    private readonly own: Credential,
    private readonly asked: Impersonation,
  ) {}

  async recheck(): Promise<User | undefined> {
    const user = await this.own.recheck();
    return user && this.api.impersonate(user, this.asked);
  }
  get until(): number | undefined {
    return this.own.until;
  }
  get bound(): readonly Key[] | undefined {
    return this.own.bound;
  }
}
