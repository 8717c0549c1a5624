import type { Pod } from '../../../schema/types.ts';
import type { Candidate, Check, Rejection } from './admission.ts';
import { appArmor } from './app-armor.ts';
import { nodeFit } from './node-fit.ts';
import { nodePressure } from './node-pressure.ts';
import { nodeShutdown } from './node-shutdown.ts';
import { operatingSystem } from './operating-system.ts';
import { supplementalGroups } from './supplemental-groups.ts';
import { sysctls } from './sysctls.ts';

/** In the kubelet's order; the first that rejects decides. */
const BEFORE: readonly Check[] = [nodePressure, sysctls, operatingSystem, supplementalGroups];
const AFTER: readonly Check[] = [appArmor, nodeShutdown];

export type Admission = { rejection: Rejection } | { preempt: readonly Pod[] };

/** Whether the node takes a pod that was bound to it, and which of its pods have to end for it. Pure. */
export function admit(candidate: Candidate): Admission {
  const early = firstOf(BEFORE, candidate);
  if (early) return { rejection: early };
  const fit = nodeFit(candidate);
  if (!isPods(fit)) return { rejection: fit };
  const late = firstOf(AFTER, candidate);
  return late ? { rejection: late } : { preempt: fit };
}

const isPods = (fit: Rejection | readonly Pod[]): fit is readonly Pod[] => Array.isArray(fit);

function firstOf(checks: readonly Check[], candidate: Candidate): Rejection | undefined {
  for (const check of checks) {
    const rejection = check(candidate);
    if (rejection) return rejection;
  }
  return undefined;
}
