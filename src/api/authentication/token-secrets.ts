import type { ServiceAccount } from '../../../schema/types.ts';
import { errorMessage } from '../../meta/error-message.ts';
import { isStatusError } from '../../meta/status.ts';
import type { Key, Stored } from '../../store/contract.ts';
import type { RequestContext, Target } from '../contract.ts';
import type { Core } from '../core.ts';
import { removeAuthorized } from '../delete.ts';
import { follow } from '../follow.ts';
import { objectAs, type ObjectOf } from '../object-as.ts';
import { operationOf } from '../write/operation.ts';
import { replace } from '../write/replace.ts';
import { dayOf, LAST_USED, SERVICE_ACCOUNT_NAME, SERVICE_ACCOUNT_UID } from '../../rules/legacy-tokens.ts';
import { isTokenSecret, tokenSecretsOf } from './token-secret.ts';

/** What failed is tried again after this, ms: Postgres may be away. */
const AGAIN_MS = 1_000;
const DAY_MS = 24 * 3600_000;

const controller: RequestContext = {
  user: {
    name: 'system:serviceaccount:kube-system:token-controller',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
  },
  agent: 'kube-controller-manager',
  warn() {},
};

/**
 * Fills Secrets of type kubernetes.io/service-account-token with a token, the cluster's CA and their namespace, and
 * takes them away with their account. Here, because only the API has the key that signs tokens; every API process does
 * so, and what one has done the others find done.
 * @param rootCA PEM; Secrets have no `ca.crt` without
 */
export function followTokenSecrets(
  core: Core,
  rootCA: string | undefined,
): { stop(): void; used(secret: Stored): void } {
  const tokens = new TokenSecrets(core, rootCA);
  tokens.follow();
  return tokens;
}

class TokenSecrets {
  private over = false;
  private unfollow: readonly (() => void)[] = [];
  /** what is left to do, by object: one at a time, the latest of each */
  private readonly waiting = new Map<string, () => Promise<void>>();
  private working = false;

  constructor(
    private readonly core: Core,
    private readonly rootCA: string | undefined,
  ) {}

  follow(): void {
    const { store } = this.core;
    this.unfollow = [
      follow(
        store,
        { resource: 'secrets' },
        { seen: (stored) => this.secretChanged(stored), gone: (stored) => this.secretGone(stored) },
      ),
      follow(
        store,
        { resource: 'serviceaccounts' },
        {
          seen: () => undefined,
          gone: (stored) => {
            for (const secret of tokenSecretsOf(store, objectAs('serviceaccounts', stored))) this.secretChanged(secret);
          },
        },
      ),
    ];
  }

  /** Says in the Secret on which day its token was used last. Never waits, and never fails a request. */
  used(stored: Stored): void {
    const now = this.core.clock.now();
    const today = dayOf(now);
    const written = stored.labels?.[LAST_USED];
    // another server may have come to tomorrow first
    if (written === today || written === dayOf(now + DAY_MS)) return;
    const key: Key = { resource: 'secrets', namespace: stored.namespace, name: stored.name };
    this.enqueue(stored, () => this.mark(key, stored.uid, today), 'used');
  }

  stop(): void {
    this.over = true;
    for (const end of this.unfollow) end();
    this.waiting.clear();
  }

  private secretChanged(stored: Stored): void {
    if (!isTokenSecret(stored) || stored.object.metadata.deletionTimestamp) return;
    const key: Key = { resource: 'secrets', namespace: stored.namespace, name: stored.name };
    this.enqueue(stored, () => this.sync(key));
  }

  private secretGone(stored: Stored): void {
    const name = isTokenSecret(stored) && stored.object.metadata.annotations?.[SERVICE_ACCOUNT_NAME];
    if (name) this.enqueue(stored, () => this.forget({ ...stored, resource: 'serviceaccounts', name }, stored.name));
  }

  private enqueue(stored: Stored, work: () => Promise<void>, what = 'sync'): void {
    if (this.over) return;
    this.waiting.set(`${stored.namespace}/${stored.name} ${what}`, work);
    if (!this.working) void this.run();
  }

  private async run(): Promise<void> {
    this.working = true;
    for (const [id, work] of this.waiting) {
      this.waiting.delete(id);
      try {
        await work();
      } catch (error) {
        if (isStatusError(error, 'NotFound') || isStatusError(error, 'Conflict')) continue; // a new event comes, or none
        this.core.log(`token secret ${id}: ${errorMessage(error)}`);
        this.core.clock.setTimeout(() => {
          if (this.over || this.waiting.has(id)) return;
          this.waiting.set(id, work);
          if (!this.working) void this.run();
        }, AGAIN_MS);
      }
    }
    this.working = false;
  }

  private async sync(key: Key): Promise<void> {
    const stored = this.core.store.get(key);
    if (!stored || !isTokenSecret(stored) || stored.object.metadata.deletionTimestamp) return;
    const { annotations = {} } = stored.object.metadata;
    const account = await this.accountOf(key.namespace, annotations);
    if (!account) {
      await removeAuthorized(this.core, controller, this.target('secrets', key), {
        preconditions: { uid: stored.uid },
      });
      return;
    }
    const { data = {} } = objectAs('secrets', stored);
    const filled = await this.filled(data, stored, account);
    if (!filled) return;
    await replace(operationOf(this.core, controller, this.target('secrets', key), 'update', {}), {
      createMissing: false,
      next(live) {
        const secret = structuredClone(live) as ObjectOf<'secrets'>;
        // Somebody was faster: there is nothing to fill, and an equal object is not written.
        if (secret.metadata.uid !== stored.uid || secret.data?.['token'] !== data['token']) return secret;
        secret.data = { ...secret.data, ...filled };
        secret.metadata.annotations = {
          ...secret.metadata.annotations,
          [SERVICE_ACCOUNT_NAME]: account.metadata.name,
          [SERVICE_ACCOUNT_UID]: account.metadata.uid ?? '',
        };
        return secret;
      },
    });
  }

  private async mark(key: Key, uid: string, day: string): Promise<void> {
    const stored = this.core.store.get(key);
    if (stored?.uid !== uid || stored.labels?.[LAST_USED] === day) return;
    await replace(operationOf(this.core, controller, this.target('secrets', key), 'patch', {}), {
      createMissing: false,
      next(live) {
        const secret = structuredClone(live) as ObjectOf<'secrets'>;
        if (secret.metadata.uid === uid) secret.metadata.labels = { ...secret.metadata.labels, [LAST_USED]: day };
        return secret;
      },
    });
  }

  /** What is missing, base64; undefined where nothing is. */
  private async filled(
    data: Readonly<Record<string, string>>,
    { namespace, name }: Stored,
    account: ServiceAccount,
  ): Promise<Record<string, string> | undefined> {
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    const filled: Record<string, string> = {};
    if (this.rootCA !== undefined && data['ca.crt'] !== base64(this.rootCA)) filled['ca.crt'] = base64(this.rootCA);
    if (!data['namespace']) filled['namespace'] = base64(namespace);
    if (!data['token']) {
      const { name: of, uid = '' } = account.metadata;
      const claims = { namespace, secret: name, account: { name: of, uid } };
      filled['token'] = base64(await this.core.legacyTokens.sign(claims));
    }
    return Object.keys(filled).length ? filled : undefined;
  }

  private async accountOf(
    namespace: string,
    annotations: Readonly<Record<string, string>>,
  ): Promise<ServiceAccount | undefined> {
    const { [SERVICE_ACCOUNT_NAME]: name = '', [SERVICE_ACCOUNT_UID]: uid } = annotations;
    const key = { resource: 'serviceaccounts', namespace, name };
    const stored = this.core.store.get(key) ?? (await this.core.store.fresh(), this.core.store.get(key));
    return stored && (!uid || uid === stored.uid) ? objectAs('serviceaccounts', stored) : undefined;
  }

  /** An account lists its Secrets; one that is gone is no longer among them. */
  private async forget(key: Key, secret: string): Promise<void> {
    const stored = this.core.store.get(key);
    if (!stored || !objectAs('serviceaccounts', stored).secrets?.some(({ name }) => name === secret)) return;
    await replace(operationOf(this.core, controller, this.target('serviceaccounts', key), 'update', {}), {
      createMissing: false,
      next(live) {
        const account = structuredClone(live) as ObjectOf<'serviceaccounts'>;
        account.secrets = (account.secrets ?? []).filter(({ name }) => name !== secret);
        return account;
      },
    });
  }

  private target(resource: 'secrets' | 'serviceaccounts', { namespace, name }: Key): Target {
    const kind = this.core.registry.preferred(resource);
    if (!kind) throw new Error(`there is no kind ${resource}`);
    return { kind, namespace, name, subresource: '' };
  }
}
