import type { CSIDriver, Pod } from '../../../../schema/types.ts';
import type { TokenCache } from '../service-account-token.ts';
import type { Client } from '../../../client/contract.ts';
import type { Clock } from '../../../rules/clock.ts';

const PREFIX = 'csi.storage.k8s.io/';

/** What a driver that asks for it (`podInfoOnMount`) learns of the pod. */
export function podInfo({ metadata, spec }: Pod, ephemeral: boolean): Record<string, string> {
  return {
    [`${PREFIX}pod.name`]: metadata.name,
    [`${PREFIX}pod.namespace`]: metadata.namespace ?? '',
    [`${PREFIX}pod.uid`]: metadata.uid,
    [`${PREFIX}serviceAccount.name`]: spec?.serviceAccountName ?? '',
    [`${PREFIX}ephemeral`]: String(ephemeral),
  };
}

/** Tokens of the pod's account for each audience that the driver asks for, in one attribute; none where it asks for none. */
export async function tokenAttribute(
  pod: Pod,
  { spec }: CSIDriver,
  tokens: TokenCache,
  client: Client,
  clock: Clock,
): Promise<Record<string, string>> {
  if (!spec.tokenRequests?.length) return {};
  const granted = await Promise.all(
    spec.tokenRequests.map(async ({ audience, expirationSeconds }) => {
      const wish = { audience, ...(expirationSeconds !== undefined && { expirationSeconds }) };
      return [audience, await tokens.granted({ pod, client, clock }, wish)] as const;
    }),
  );
  return { [`${PREFIX}serviceAccount.tokens`]: JSON.stringify(Object.fromEntries(granted)) };
}
