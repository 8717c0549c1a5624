import type { Pod } from '../../schema/types.ts';
import { keyFor } from '../control/keys.ts';
import { claimOf } from '../rules/pod-claims.ts';

/** Keys of the claims that are volumes of the pod: the index `claim` of pods. */
export const claimsOfPod = (pod: Pod): string[] =>
  (pod.spec?.volumes ?? []).flatMap((volume) => {
    const name = claimOf(pod, volume);
    return name ? [keyFor(pod.metadata.namespace, name)] : [];
  });
