import { X509Certificate } from 'node:crypto';
import type { ConfigMap } from '../../../schema/types.ts';
import type { KubeObject } from '../../meta/object.ts';
import { FRONT_PROXY } from '../../rules/front-proxy.ts';
import { pemBlocks } from '../../rules/certificates/pem.ts';
import type { RequestContext, Target } from '../contract.ts';
import type { Core } from '../core.ts';
import { follow } from '../follow.ts';
import { newObject } from '../new-object.ts';
import { objectAs } from '../object-as.ts';
import { sameJson } from '../patch/equal.ts';
import { operationOf } from '../write/operation.ts';
import { replace } from '../write/replace.ts';

const KEY = { resource: 'configmaps', namespace: 'kube-system', name: 'extension-apiserver-authentication' };
/** How long a certificate is still published when it is over: clocks differ. */
const SLACK_MS = 5 * 60_000;
const system: RequestContext = {
  user: { name: 'system:apiserver', groups: ['system:masters'] },
  agent: 'kube-apiserver',
  warn() {},
};

/** PEM of the authorities by which this API knows its clients, and those who speak for others. */
export interface Trust {
  clientCA: string;
  frontProxyCA: string;
}

type Data = Readonly<Record<string, string>>;

/** The certificates of both, each once, without those that are over. */
function bundle(there: string | undefined, ours: string, now: number): string {
  const all = pemBlocks(`${there ?? ''}\n${ours}`).filter(({ type }) => type === 'CERTIFICATE');
  const good = all.map(({ der }) => new X509Certificate(der)).filter((c) => Date.parse(c.validTo) > now - SLACK_MS);
  return [...new Set(good.map(String))].join('');
}

/** A list in JSON, with ours behind what is there. */
function list(there: string | undefined, ours: readonly string[]): string {
  const known = there ? (JSON.parse(there) as string[]) : [];
  return JSON.stringify([...new Set([...known, ...ours])]);
}

/** Keys and forms as kube-apiserver writes them (pkg/controlplane/controller/clusterauthenticationtrust). */
const dataOf = (there: Data, { clientCA, frontProxyCA }: Trust, now: number): Data => ({
  'client-ca-file': bundle(there['client-ca-file'], clientCA, now),
  'requestheader-client-ca-file': bundle(there['requestheader-client-ca-file'], frontProxyCA, now),
  'requestheader-allowed-names': list(there['requestheader-allowed-names'], FRONT_PROXY.allowedNames),
  'requestheader-username-headers': list(there['requestheader-username-headers'], [FRONT_PROXY.userHeader]),
  'requestheader-uid-headers': list(there['requestheader-uid-headers'], [FRONT_PROXY.uidHeader]),
  'requestheader-group-headers': list(there['requestheader-group-headers'], [FRONT_PROXY.groupHeader]),
  'requestheader-extra-headers-prefix': list(there['requestheader-extra-headers-prefix'], [FRONT_PROXY.extraPrefix]),
});

/**
 * Keeps the ConfigMap by which API servers beside this one learn whom to believe; it is there when this resolves. Other
 * processes' authorities stay in it.
 */
export async function publishTrust(core: Core, trust: Trust): Promise<{ stop(): void }> {
  const { store, registry, clock, log } = core;
  let over = false;

  async function publish(): Promise<void> {
    const stored = store.get(KEY);
    const there = (stored && objectAs('configmaps', stored).data) ?? {};
    if (sameJson(there, dataOf(there, trust, clock.now()))) return;
    const target: Target = { kind: registry.preferred(KEY.resource)!, ...KEY, subresource: '' };
    await replace(operationOf(core, system, target, 'update', { fieldManager: 'kube-apiserver' }), {
      createMissing: true,
      next(live) {
        const object = live ? structuredClone(live) : newObject({ name: KEY.name, namespace: KEY.namespace });
        const { data = {} } = object as KubeObject & ConfigMap;
        return { ...object, data: dataOf(data, trust, clock.now()) };
      },
    });
  }
  const look = (): Promise<void> =>
    publish().catch((error: Error) => {
      if (!over) log(`configmap ${KEY.name}: ${error.message}`);
    });
  const unfollow = follow(
    store,
    { resource: KEY.resource, namespace: KEY.namespace, name: KEY.name },
    { seen: () => void look(), gone: () => void look() },
  );
  await look();
  return {
    stop() {
      over = true;
      unfollow();
    },
  };
}
