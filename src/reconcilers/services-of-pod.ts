import type { Pod } from '../../schema/types.ts';
import { semanticEqual } from '../control/equal.ts';
import type { Context, Key } from '../control/contract.ts';
import { keyOf } from '../control/keys.ts';
import { mapMatcher } from '../control/selector.ts';
import { isPodReady } from '../rules/pods.ts';

/** The services that a change of a pod concerns: none when nothing changed that an endpoint shows. */
export function* servicesOfPod(pod: Pod | undefined, old: Pod | undefined, ctx: Context): Iterable<Key> {
  if (pod && old && sameEndpoint(pod, old) && semanticEqual(pod.metadata.labels, old.metadata.labels)) return;
  const namespace = (pod ?? old)!.metadata.namespace ?? '';
  for (const service of ctx.informer('services').list(namespace)) {
    const matches = mapMatcher(service.spec?.selector);
    if ((pod && matches(pod.metadata.labels)) || (old && matches(old.metadata.labels))) yield keyOf(service);
  }
}

const sameEndpoint = (a: Pod, b: Pod): boolean =>
  isPodReady(a) === isPodReady(b) &&
  a.status?.phase === b.status?.phase &&
  a.metadata.deletionTimestamp === b.metadata.deletionTimestamp &&
  a.status?.podIP === b.status?.podIP &&
  semanticEqual(a.status?.podIPs, b.status?.podIPs) &&
  a.spec?.nodeName === b.spec?.nodeName;
