import type { ApiOptions } from '../../../src/api/api.ts';
import { WebhookServer } from '../../support/webhook-server.ts';
import { TestApi } from '../support.ts';

export interface Asked {
  /** of the webhook, without its domain */
  name: string;
  /** apiVersion of the review */
  version: string;
  request: {
    uid: string;
    operation: string;
    kind: { group: string; version: string; kind: string };
    resource: { group: string; version: string; resource: string };
    requestKind: { version: string };
    name?: string;
    namespace?: string;
    options: Record<string, unknown> | null;
    object: Whole | null;
    oldObject: Whole | null;
  };
}
interface Whole {
  kind: string;
  apiVersion: string;
  metadata: { labels?: Record<string, string>; name?: string };
  [field: string]: unknown;
}
/** What a webhook says besides that it allows. */
export type Reply = Record<string, unknown> & { patch?: object[] };
type Type = 'mutating' | 'validating';

const CONFIGURATIONS = 'webhookconfigurations.admissionregistration.k8s.io';

/** An API and a server of webhooks that are told apart by their names; what they are asked is kept. */
export class Hooks {
  readonly asked: Asked[] = [];
  /** by the name of the webhook; those that have none allow */
  replies: Record<string, (asked: Asked) => Reply> = {};
  private made = 0;

  private constructor(
    readonly t: TestApi,
    private readonly server: WebhookServer,
  ) {}

  static async open(options: Partial<ApiOptions> = {}): Promise<Hooks> {
    const server = await WebhookServer.open((review, path) => hooks.answer(review, path));
    const hooks = new Hooks(await TestApi.open(options), server);
    return hooks;
  }

  private answer(review: Record<string, unknown>, path: string): object {
    const [name = ''] = path.slice(1).split('?');
    const { apiVersion, kind, request } = review as { apiVersion: string; kind: string; request: Asked['request'] };
    const asked: Asked = { name, version: apiVersion, request };
    this.asked.push(asked);
    const { patch, ...reply } = this.replies[name]?.(asked) ?? {};
    const patched = patch && {
      patchType: 'JSONPatch',
      patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
    };
    return { apiVersion, kind, response: { uid: request.uid, allowed: true, ...patched, ...reply } };
  }

  /** A webhook of the server that wants all of configmaps, but for what `spec` says. */
  hook(name: string, spec: object = {}): object {
    const { url, caBundle } = this.server.clientConfig;
    return {
      name: `${name}.example.com`,
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      clientConfig: { url: url + name, caBundle },
      rules: [rule('configmaps')],
      ...spec,
    };
  }

  /** Runs with webhooks in force. @returns what they were asked in that time */
  async during(type: Type, hooks: object[], run: () => Promise<unknown>): Promise<Asked[]> {
    const name = `c${++this.made}`;
    const resource = `${type}${CONFIGURATIONS}` as const;
    await this.t.create(resource, { metadata: { name }, webhooks: hooks }, '');
    this.asked.length = 0;
    try {
      await run();
      return [...this.asked];
    } finally {
      this.replies = {};
      await this.t.delete(resource, name, {}, '');
    }
  }

  async close(): Promise<void> {
    await this.t.close();
    await this.server.close();
  }
}

/** A rule for all operations; `resource` as the rule names it. */
export const rule = (resource: string, apiVersion = 'v1', more: object = {}): object => {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return { operations: ['*'], apiGroups: [group], apiVersions: [version], resources: [resource], ...more };
};
