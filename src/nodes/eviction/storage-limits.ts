import { quote } from '../../go/quote.ts';
import { compareQuantity, formatQuantity, parseQuantity, quantityOf } from '../../meta/quantity.ts';
import { exact, podAmounts } from '../../rules/pod-amounts.ts';
import type { PodUsage } from '../usage/node-usage.ts';

const exceeds = (used: number, limit: string): boolean => compareQuantity(quantityOf(used), parseQuantity(limit)) > 0;
const STORAGE = 'ephemeral-storage';

/**
 * Which limit of ephemeral storage a pod exceeds, in the kubelet's words: of an emptyDir, of the pod, of a container, in
 * this order; undefined when none. Source: pkg/kubelet/eviction localStorageEviction.
 */
export function exceededStorage(usage: PodUsage): string | undefined {
  return exceededEmptyDir(usage) ?? exceededPod(usage) ?? exceededContainer(usage);
}

function exceededEmptyDir({ pod, volumes }: PodUsage): string | undefined {
  for (const { name, emptyDir } of pod.spec?.volumes ?? []) {
    const limit = emptyDir?.sizeLimit;
    const used = volumes.find((each) => each.name === name)?.usedBytes;
    if (limit === undefined || used === undefined || parseQuantity(limit).nano <= 0n || !exceeds(used, limit)) continue;
    return `Usage of EmptyDir volume ${quote(name)} exceeds the limit ${quote(limit)}. `;
  }
  return undefined;
}

function exceededPod({ pod, ephemeral }: PodUsage): string | undefined {
  const limit = podAmounts(pod.spec, 'limits', exact)[STORAGE];
  if (!limit || compareQuantity(quantityOf(ephemeral.usedBytes), limit) <= 0) return undefined;
  return `Pod ephemeral local storage usage exceeds the total limit of containers ${formatQuantity(limit)}. `;
}

function exceededContainer({ pod, containers }: PodUsage): string | undefined {
  for (const { name, rootfs, logs } of containers) {
    const limit = pod.spec?.containers.find((each) => each.name === name)?.resources?.limits?.[STORAGE];
    if (limit === undefined || parseQuantity(limit).nano === 0n) continue;
    if (exceeds((rootfs?.usedBytes ?? 0) + (logs?.usedBytes ?? 0), limit))
      return `Container ${name} exceeded its local ephemeral storage limit ${quote(limit)}. `;
  }
  return undefined;
}
