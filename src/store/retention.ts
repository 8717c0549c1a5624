/** What history of a resource is kept. */
export interface HistoryRetention {
  /** ms */
  ms: number;
  /** of states that newer ones replaced */
  bytes: number;
}

export interface Retention {
  /** how far watches and continued lists reach back, ms */
  ms: number;
  /** but at least so many of the newest revisions … */
  minRevisions: number;
  /** … and at most so many */
  maxRevisions: number;
  /** of each existing object, versions that are kept beyond all that */
  versions: number;
  /** of confidential resources: history that is kept, ms; nothing beyond it, not even of what exists */
  confidentialMs: number;
  /** of everything that `resources` does not name; never less than watches need */
  history: HistoryRetention;
  /** by resource (`events`, `leases.coordination.k8s.io`) */
  resources: Readonly<Record<string, Partial<HistoryRetention>>>;
}

const DAY_MS = 86_400_000;

export const DEFAULT_RETENTION: Retention = {
  ms: 3_600_000,
  minRevisions: 10_000,
  maxRevisions: 500_000,
  versions: 5,
  confidentialMs: 300_000,
  history: { ms: 7 * DAY_MS, bytes: 1 << 30 },
  // What is written all the time and says only that something is alive: as long as watches need it.
  resources: {
    'leases.coordination.k8s.io': { ms: 0 },
    events: { ms: 0 },
    nodes: { ms: DAY_MS },
  },
};

/** What is kept of one resource. */
export function retentionOf({ history, resources }: Retention, resource: string): HistoryRetention {
  return { ...history, ...(Object.hasOwn(resources, resource) && resources[resource]) };
}
