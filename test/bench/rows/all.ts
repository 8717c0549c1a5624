import type { Row } from '../row.ts';
import { DASHBOARD } from './dashboard.ts';
import { DEFINITIONS } from './definitions.ts';
import { GRAPHQL } from './graphql.ts';
import { GRAPHQL_BUNDLE } from './graphql-bundle.ts';
import { GRAPHQL_LIVE } from './graphql-live.ts';
import { GRAPHQL_RELATIONS } from './graphql-relations.ts';
import { GRAPHQL_WHERE } from './graphql-where.ts';
import { INFORMERS } from './informers.ts';
import { EVENT_LOOP } from './event-loop.ts';
import { LOGS } from './logs.ts';
import { METRICS } from './metrics.ts';
import { NODES_PODS } from './nodes-pods.ts';
import { NODES_ROLLING } from './nodes-rolling.ts';
import { NODES_SIMULATED } from './nodes-simulated.ts';
import { READS } from './reads.ts';
import { WATCHES } from './watches.ts';
import { COLD_START, LARGE, MEMORY } from './whole.ts';
import { WRITES } from './writes.ts';

/** In the order in which they run: memory before anything was read, the restarts last. */
export const ROWS: readonly Row[] = [
  ...WRITES,
  ...MEMORY,
  ...READS,
  ...INFORMERS,
  ...WATCHES,
  ...GRAPHQL,
  ...GRAPHQL_BUNDLE,
  ...GRAPHQL_LIVE,
  ...GRAPHQL_RELATIONS,
  ...GRAPHQL_WHERE,
  ...DASHBOARD,
  ...COLD_START,
  ...EVENT_LOOP,
  ...DEFINITIONS,
  ...NODES_PODS,
  ...NODES_SIMULATED,
  ...NODES_ROLLING,
  ...METRICS,
  ...LOGS,
  ...LARGE,
];
