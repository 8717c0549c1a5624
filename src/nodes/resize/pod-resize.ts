import type { Pod, PodCondition } from '../../../schema/types.ts';
import { formatTime } from '../../meta/time.ts';
import type { AgentContext } from '../pods/agent-context.ts';
import type { ContainerWorker } from '../pods/container-worker.ts';
import { Allocation } from './allocation.ts';
import { applyResize, outdated, wantsRestart } from './apply-resize.ts';
import { resizeRefusal } from './resize-decision.ts';

/** Conditions that are there only while they hold. */
export const RESIZE_CONDITIONS: readonly string[] = ['PodResizePending', 'PodResizeInProgress'];

/**
 * Resources of a pod that change while it runs (KEP-1287): first the node decides whether the pod gets what it asks for,
 * then its containers are given it.
 */
export class PodResize {
  private readonly allocation: Allocation;
  private pending: PodCondition | undefined;
  private inProgress: PodCondition | undefined;

  /** @param others the node's other pods that have not ended, with what they have */
  constructor(
    pod: Pod,
    private readonly context: AgentContext,
    private readonly others: () => readonly Pod[],
  ) {
    this.allocation = new Allocation(context.podsDir, pod);
    const known = (type: string): PodCondition | undefined =>
      pod.status?.conditions?.find((each) => each.type === type && each.status === 'True');
    this.pending = known('PodResizePending');
    this.inProgress = known('PodResizeInProgress');
  }

  get conditions(): PodCondition[] {
    return [this.pending, this.inProgress].filter((each) => each !== undefined);
  }

  /** The pod with the resources that it has. */
  allocated(pod: Pod): Pod {
    return this.allocation.applied(pod);
  }

  /** Decides on what the pod asks for. @returns whether it has got it */
  decide(desired: Pod): boolean {
    if (!this.allocation.differs(desired)) {
      this.pending = undefined;
      return false;
    }
    const refusal = resizeRefusal(desired, this.others(), this.context.node());
    if (refusal) {
      const { reason, message } = refusal;
      if (this.pending?.reason !== reason || this.pending.message !== message)
        this.event(desired, 'Warning', `Resize${reason}`, summary(`Pod resize ${reason}`, desired, message));
      this.pending = this.condition('PodResizePending', desired, this.pending, reason, message);
      return false;
    }
    this.allocation.give(desired);
    this.pending = undefined;
    this.inProgress = this.condition('PodResizeInProgress', desired, undefined);
    this.event(desired, 'Normal', 'ResizeStarted', summary('Pod resize started', desired));
    return true;
  }

  /** Gives running containers what the pod has, or ends those that want to be started anew for it. */
  async apply(pod: Pod, workers: readonly ContainerWorker[], graceMs: number): Promise<void> {
    const late = outdated(pod, workers);
    if (!late.length && !this.inProgress) return;
    const before = (this.inProgress ??= this.condition('PodResizeInProgress', pod, undefined));
    try {
      const again = late.filter((each) => wantsRestart(pod, each));
      const stay = late.filter((each) => !again.includes(each));
      for (const each of again) void each.stop(graceMs, `Container ${each.name} resize requires restart`);
      if (again.length) return;
      await applyResize(pod, stay, this.context);
      for (const each of stay) each.resized(pod);
      this.event(pod, 'Normal', 'ResizeCompleted', summary('Pod resize completed', pod));
      this.inProgress = undefined;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (before.message !== message)
        this.event(pod, 'Warning', 'ResizeError', summary('Pod resize error', pod, message));
      this.inProgress = this.condition('PodResizeInProgress', pod, before, 'Error', message);
    }
  }

  private condition(
    type: string,
    { metadata: { generation } }: Pod,
    before: PodCondition | undefined,
    reason?: string,
    message?: string,
  ): PodCondition {
    const now = formatTime(this.context.clock.now());
    return {
      type,
      status: 'True',
      ...(reason !== undefined && { reason }),
      ...(message !== undefined && { message }),
      ...(generation !== undefined && { observedGeneration: generation }),
      lastProbeTime: null,
      lastTransitionTime: before && before.reason === reason ? (before.lastTransitionTime ?? now) : now,
    };
  }

  private event(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.context.events.event(pod, type, reason, message);
  }
}

/** What the kubelet adds to its messages. Source: pkg/kubelet/events PodResizePendingMsg and the others */
function summary(prefix: string, { spec, metadata }: Pod, error?: string): string {
  const of = (list: readonly { name: string; resources?: object }[]) =>
    list.map(({ name, resources = {} }) => ({ name, resources }));
  const text = JSON.stringify({
    ...(spec?.initContainers?.length && { initContainers: of(spec.initContainers) }),
    ...(spec?.containers.length && { containers: of(spec.containers) }),
    generation: metadata.generation ?? 0,
    ...(error && { error }),
  });
  return `${prefix}: ${text}`;
}
