import type { Kind } from '../server/kind.ts';
import type { Facet } from './facet.ts';
import { nodes } from './nodes.ts';
import { pods } from './pods.ts';
import { cronJobs, daemonSets, deployments, jobs, replicaSets, statefulSets } from './workloads.ts';

/** Kinds that have more to them than every kind has, by resource. */
const FACETS: Readonly<Record<string, Facet>> = {
  pods,
  nodes,
  'deployments.apps': deployments,
  'statefulsets.apps': statefulSets,
  'daemonsets.apps': daemonSets,
  'replicasets.apps': replicaSets,
  'jobs.batch': jobs,
  'cronjobs.batch': cronJobs,
};

const PLAIN: Facet = { actions: [] };

export const facetOf = ({ resource }: Pick<Kind, 'resource'>): Facet => FACETS[resource] ?? PLAIN;
