import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Client } from '../client/contract.ts';
import type { Parts } from '../meta/object.ts';
import type { Clock } from '../rules/clock.ts';

/** ms for which a decision holds */
const HOLDS_MS = 30_000;
/** Decisions of each sort that are kept: tokens that somebody makes up push out none that is good. */
const MAX_KNOWN = 256;
/** Questions to the API at once. More are refused, but for who was allowed before: of those no more than are kept. */
const MAX_ASKED = 16;

/** What is said with a code that is not 200. */
export const REFUSALS = { 401: 'Unauthorized', 403: 'Forbidden', 503: 'Service Unavailable' } as const;

/** The token of who asks; undefined: none was shown. */
export const bearerToken = ({ headers }: IncomingMessage): string | undefined =>
  /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];

function keep<V>(known: Map<string, V>, key: string, value: V): void {
  known.delete(key);
  const [oldest] = known.keys();
  if (known.size >= MAX_KNOWN && oldest !== undefined) known.delete(oldest);
  known.set(key, value);
}

interface Review {
  authenticated?: boolean;
  user?: { username?: string; uid?: string; groups?: string[] };
}

/** What a SubjectAccessReview asks about: an object, or a path. */
export type Wanted =
  | { resourceAttributes: { verb: string; version: string; resource: string; subresource: string; name: string } }
  | { nonResourceAttributes: { verb: string; path: string } };

/**
 * Whether a bearer of a token may read a path of a server beside the API, as the API says: who it is (TokenReview), and
 * whether that one may (SubjectAccessReview). Source: https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/
 */
export class Delegated {
  /** until when, ms; also those for which it is over */
  private readonly allowed = new Map<string, number>();
  private readonly refused = new Map<string, { code: 401 | 403; until: number }>();
  private asked = 0;

  /**
   * @param client acts as the server
   * @param wantedOf what a right must be to, for a path
   */
  constructor(
    private readonly client: Pick<Client, 'create'>,
    private readonly clock: Pick<Clock, 'now'>,
    private readonly wantedOf: (path: string) => Wanted,
  ) {}

  /** @returns 200, or what is answered instead: 401 for a token that is nobody's, 403 for a right that is not given */
  async decide(token: string, path: string): Promise<200 | 401 | 403 | 503> {
    const wanted = this.wantedOf(path);
    const key = createHash('sha256')
      .update(`${JSON.stringify(wanted)} ${token}`)
      .digest('base64');
    const now = this.clock.now();
    const allowed = this.allowed.get(key);
    if (allowed !== undefined && allowed > now) return 200;
    const refused = this.refused.get(key);
    if (refused && refused.until > now) return refused.code;
    if (this.asked >= MAX_ASKED && allowed === undefined) return 503;
    this.asked++;
    try {
      const code = await this.ask(token, wanted);
      const until = now + HOLDS_MS;
      if (code === 200) keep(this.allowed, key, until);
      else {
        this.allowed.delete(key);
        keep(this.refused, key, { code, until });
      }
      return code;
    } catch {
      return 503;
    } finally {
      this.asked--;
    }
  }

  private async ask(token: string, wanted: Wanted): Promise<200 | 401 | 403> {
    const review = await this.client.create('tokenreviews.authentication.k8s.io', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      metadata: {},
      spec: { token },
    });
    const { authenticated, user } = (review as { status?: Review }).status ?? {};
    if (!authenticated || !user?.username) return 401;
    const { username, uid, groups } = user;
    const { status }: Parts<{ status: { allowed: boolean } }> = await this.client.create(
      'subjectaccessreviews.authorization.k8s.io',
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        metadata: {},
        spec: {
          user: username,
          ...(uid && { uid }),
          ...(groups && { groups }),
          ...wanted,
        },
      },
    );
    return status?.allowed ? 200 : 403;
  }
}
