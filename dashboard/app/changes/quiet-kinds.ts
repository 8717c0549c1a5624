import type { Kind } from '../server/kind.ts';

/** What is written all the time and tells nobody anything: heartbeats, notes that are shown at their objects, addresses. */
const NOISE = new Set([
  'leases.coordination.k8s.io',
  'events',
  'events.events.k8s.io',
  'endpoints',
  'endpointslices.discovery.k8s.io',
]);

/** The kinds whose changes a person looks for. */
export const quietKinds = (kinds: readonly Kind[]): string[] =>
  kinds.map(({ resource }) => resource).filter((resource) => !NOISE.has(resource));
