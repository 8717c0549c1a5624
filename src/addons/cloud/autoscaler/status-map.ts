import { stringify } from 'yaml';
import { formatTime } from '../../../meta/time.ts';
import { isNodeReady } from '../../../rules/nodes.ts';
import type { GroupState } from './cluster-state.ts';

export const STATUS = 'cluster-autoscaler-status';

export interface Activity {
  /** groups that have been given nodes, and nodes that could go, by group */
  growing: ReadonlySet<string>;
  backedOff: ReadonlySet<string>;
  candidates: ReadonlyMap<string, number>;
}

/** What cluster-autoscaler says of itself in its ConfigMap, but for the times of looks. */
export function statusOf(groups: readonly GroupState[], { growing, backedOff, candidates }: Activity): object {
  const parts = groups.map((state) => {
    const { group, nodes, upcoming } = state;
    const ready = nodes.filter(isNodeReady).length;
    const removable = candidates.get(group.id) ?? 0;
    return {
      name: group.id,
      health: {
        status: 'Healthy',
        nodeCounts: countsOf(nodes.length, ready, upcoming.length),
        cloudProviderTarget: group.targetSize,
        minSize: group.minSize,
        maxSize: group.maxSize,
      },
      scaleUp: {
        status: backedOff.has(group.id) ? 'Backoff' : isGrowing(state, growing) ? 'InProgress' : 'NoActivity',
      },
      scaleDown: {
        status: removable ? 'CandidatesPresent' : 'NoCandidates',
        ...(removable && { candidates: removable }),
      },
    };
  });
  const nodes = groups.flatMap((each) => each.nodes);
  const coming = groups.reduce((sum, { upcoming }) => sum + upcoming.length, 0);
  const removable = [...candidates.values()].reduce((sum, n) => sum + n, 0);
  return {
    autoscalerStatus: 'Running',
    clusterWide: {
      health: { status: 'Healthy', nodeCounts: countsOf(nodes.length, nodes.filter(isNodeReady).length, coming) },
      scaleUp: { status: groups.some((each) => isGrowing(each, growing)) ? 'InProgress' : 'NoActivity' },
      scaleDown: {
        status: removable ? 'CandidatesPresent' : 'NoCandidates',
        ...(removable && { candidates: removable }),
      },
    },
    nodeGroups: parts,
  };
}

const isGrowing = ({ group, upcoming }: GroupState, growing: ReadonlySet<string>): boolean =>
  growing.has(group.id) || upcoming.length > 0;

const countsOf = (total: number, ready: number, notStarted: number): object => ({
  registered: { total, ready, notStarted: Math.min(notStarted, total - ready) },
});

/** As the ConfigMap has it. @param now ms */
export const printStatus = (status: object, now: number): string => stringify({ time: formatTime(now), ...status });
