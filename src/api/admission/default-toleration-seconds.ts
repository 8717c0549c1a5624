import type { Toleration } from '../../../schema/types.ts';
import type { Parts } from '../../meta/object.ts';
import { incoming, isWriteOf } from './objects.ts';
import type { AdmissionPlugin } from './plugin.ts';

/** How long a pod stays on a node that is not ready or not to be reached. */
const SECONDS = 300;
const KEYS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

const covers = (toleration: Parts<Toleration>, key: string): boolean =>
  (toleration.key === key || !toleration.key) && (!toleration.effect || toleration.effect === 'NoExecute');

const added = (key: string): Toleration => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: SECONDS,
});

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  handles: (target, operation) => isWriteOf(target, 'pods') && (operation === 'CREATE' || operation === 'UPDATE'),
  admit(request) {
    const spec = (incoming(request, 'pods').spec ??= {});
    const tolerations = spec.tolerations ?? [];
    const missing = KEYS.filter((key) => !tolerations.some((t) => covers(t, key)));
    if (missing.length) spec.tolerations = [...tolerations, ...missing.map(added)];
  },
};
