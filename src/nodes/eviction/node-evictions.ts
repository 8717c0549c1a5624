import type { AgentContext } from '../pods/agent-context.ts';
import type { PodManager } from '../pods/pod-manager.ts';
import type { UsageReader } from '../usage/usage-reader.ts';
import { EvictionManager, nodeSubject } from './eviction-manager.ts';
import type { PressureCondition } from './signals.ts';
import type { EvictionSettings } from './thresholds.ts';

/** The eviction manager of an agent: what it reads, ends and reclaims there. @param reclaimImages and changed as of EvictionParts */
export function nodeEvictions(
  manager: PodManager,
  usage: UsageReader,
  context: AgentContext,
  settings: EvictionSettings,
  reclaimImages: () => Promise<void>,
  changed: (conditions: readonly PressureCondition[]) => void,
): EvictionManager {
  const { clock, log, events, nodeName } = context;
  const node = nodeSubject(nodeName);
  return new EvictionManager({
    settings,
    clock,
    log,
    changed,
    read() {
      const workers = manager.allWorkers();
      context.cgroups?.balance(workers.filter((each) => each.holds).map((each) => each.object));
      return usage.read(workers);
    },
    async evict({ pod }, eviction, graceMs) {
      const worker = manager.allWorkers().find(({ object }) => object.metadata.uid === pod.metadata.uid);
      await worker?.end(eviction, graceMs);
    },
    reclaimImages,
    event: (reason, message) => events.event(node, 'Warning', reason, message),
  });
}
