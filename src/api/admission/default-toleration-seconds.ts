import { isPod } from './pods.ts';
import type { AdmissionPlugin } from './plugin.ts';

/** How long a pod stays on a node that is not ready or not to be reached. */
const SECONDS = 300;
const KEYS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

interface Toleration {
  key?: string;
  operator?: string;
  effect?: string;
}
const covers = (toleration: Toleration, key: string): boolean =>
  (toleration.key === key || !toleration.key) && (!toleration.effect || toleration.effect === 'NoExecute');

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  handles: (target, operation) => isPod(target) && (operation === 'CREATE' || operation === 'UPDATE'),
  admit({ object }) {
    const spec = (object!['spec'] ??= {});
    const tolerations: Toleration[] = spec.tolerations ?? [];
    const missing = KEYS.filter((key) => !tolerations.some((t) => covers(t, key)));
    if (missing.length === 0) return;
    const added = missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: SECONDS }));
    spec.tolerations = [...tolerations, ...added];
  },
};
