import type { Taint } from '../../../schema/types.ts';

/** A group of nodes that are alike, as the command line says it. */
export interface NodeGroupSpec {
  name: string;
  min: number;
  max: number;
  runtime: 'simulated' | 'process';
  cpu: string;
  memory: string;
  pods: string;
  zone: string;
  labels: Readonly<Record<string, string>>;
  taints: readonly Taint[];
}

/** What the autoscaler of node groups goes by; names and defaults are those of cluster-autoscaler. Times in ms. */
export interface AutoscalerSettings {
  scanInterval: number;
  scaleDownEnabled: boolean;
  /** since when a node must have been unneeded before it goes */
  scaleDownUnneededTime: number;
  /** the same of one that is not ready */
  scaleDownUnreadyTime: number;
  scaleDownDelayAfterAdd: number;
  scaleDownDelayAfterDelete: number;
  scaleDownDelayAfterFailure: number;
  /** of requests by what is there, of the processor or memory, whichever is more */
  scaleDownUtilizationThreshold: number;
  maxNodeProvisionTime: number;
  /** how long budgets may keep a node's pods from being evicted */
  maxPodEvictionTime: number;
  /** how long pods that were evicted may take to end */
  maxGracefulTermination: number;
  maxEmptyBulkDelete: number;
  skipNodesWithSystemPods: boolean;
  skipNodesWithLocalStorage: boolean;
}

export interface NodeGroupSettings {
  groups: readonly NodeGroupSpec[];
  autoscaler: AutoscalerSettings;
}

export const AUTOSCALER_DEFAULTS: AutoscalerSettings = {
  scanInterval: 10_000,
  scaleDownEnabled: true,
  scaleDownUnneededTime: 600_000,
  scaleDownUnreadyTime: 1_200_000,
  scaleDownDelayAfterAdd: 600_000,
  scaleDownDelayAfterDelete: 0,
  scaleDownDelayAfterFailure: 180_000,
  scaleDownUtilizationThreshold: 0.5,
  maxNodeProvisionTime: 900_000,
  maxPodEvictionTime: 120_000,
  maxGracefulTermination: 600_000,
  maxEmptyBulkDelete: 10,
  skipNodesWithSystemPods: true,
  skipNodesWithLocalStorage: true,
};
