import type { ConfigMap } from '../../../schema/types.ts';
import { errorMessage } from '../../meta/error-message.ts';
import type { KubeObject } from '../../meta/object.ts';
import { dayOf, isDay, TRACKING } from '../../rules/legacy-tokens.ts';
import type { RequestContext, Target } from '../contract.ts';
import type { Core } from '../core.ts';
import { follow } from '../follow.ts';
import { newObject } from '../new-object.ts';
import { objectAs } from '../object-as.ts';
import { operationOf } from '../write/operation.ts';
import { replace } from '../write/replace.ts';

const KEY = { resource: 'configmaps', namespace: TRACKING.namespace, name: TRACKING.name };
/** ms between two that this process makes, so that servers that disagree about the tracking do not fight. */
const MADE_EVERY = 30 * 60_000;
/** What failed is tried again after this, ms: Postgres may be away. */
const AGAIN_MS = 1_000;
const system: RequestContext = {
  user: { name: 'system:apiserver', groups: ['system:masters'] },
  agent: 'kube-apiserver',
  warn() {},
};

/**
 * Keeps the ConfigMap that says since which day the use of tokens in Secrets is written down; it is there when this
 * resolves. Source: pkg/controlplane/controller/legacytokentracking of Kubernetes.
 */
export async function trackLegacyTokens(core: Core): Promise<{ stop(): void }> {
  const { store, registry, clock, log } = core;
  let over = false;
  let madeAt = -Infinity;
  let timer: unknown;

  async function keep(): Promise<void> {
    const stored = store.get(KEY);
    if (stored && isDay(objectAs('configmaps', stored).data?.[TRACKING.since])) return;
    const wait = stored ? 0 : madeAt + MADE_EVERY - clock.now();
    if (wait > 0) return later(wait);
    const target: Target = { kind: registry.preferred(KEY.resource)!, ...KEY, subresource: '' };
    await replace(operationOf(core, system, target, 'update', { fieldManager: 'kube-apiserver' }), {
      createMissing: true,
      next(live) {
        const object = (
          live ? structuredClone(live) : newObject({ name: KEY.name, namespace: KEY.namespace })
        ) as KubeObject & ConfigMap;
        // another process may have been faster
        if (isDay(object.data?.[TRACKING.since])) return object;
        return { ...object, data: { ...object.data, [TRACKING.since]: dayOf(clock.now()) } };
      },
    });
    if (!stored) madeAt = clock.now();
  }
  function later(ms: number): void {
    clock.clearTimeout(timer);
    if (!over) timer = clock.setTimeout(() => void look(), ms);
  }
  const look = (): Promise<void> =>
    keep().catch((error: unknown) => {
      if (over) return;
      log(`configmap ${KEY.name}: ${errorMessage(error)}`);
      later(AGAIN_MS);
    });
  const unfollow = follow(store, KEY, { seen: () => void look(), gone: () => void look() });
  await look();
  return {
    stop() {
      over = true;
      clock.clearTimeout(timer);
      unfollow();
    },
  };
}
