import { ARGUMENTS } from '../argument-texts.ts';
import {
  GraphQLBoolean,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLOutputType,
} from 'graphql';
import type { Kind } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Builder } from '../builder.ts';
import type { FacetFields, KindTypes } from '../schema/kind-types.ts';
import { namesOf } from '../schema/names.ts';
import type { LogLine } from './log-line.ts';
import { LOG_PART, MAX_BYTES, MAX_LINES, PREVIOUS, type LogArguments } from './log-options.ts';
import { followPodLogs } from './log-subscription.ts';
import { podLogs, podOf } from './pod-logs.ts';
import { followWorkloadLogs, type WorkloadLogArguments } from './workload-logs.ts';

const WORKLOADS: ReadonlySet<string> = new Set([
  'deployments.apps',
  'replicasets.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'jobs.batch',
]);

const text = new GraphQLNonNull(GraphQLString);
const FOLLOWED: GraphQLFieldConfigArgumentMap = {
  namespace: { type: text, description: ARGUMENTS.namespace },
  name: { type: text, description: ARGUMENTS.name },
  ...LOG_PART,
  follow: { type: GraphQLBoolean, defaultValue: true, description: 'false: what there is, and then the end' },
};

/** `LogLine` */
export function addLogLine(builder: Builder): void {
  builder.objectRef<LogLine>('LogLine').implement({
    description: 'One line of the log of a container.',
    fields: (t) => ({
      time: t.exposeString('time', { nullable: true, description: 'when it was written, RFC 3339 with nanoseconds' }),
      pod: t.exposeString('pod', { description: 'metadata.name of the pod' }),
      container: t.exposeString('container', { description: 'its name in the pod' }),
      text: t.exposeString('text', { description: 'of a line of more than 16 KiB its beginning, and ` … [cut]`' }),
    }),
  });
}

/** `logs` of a pod; `podLogs(…)`, `deploymentLogs(…)` and so on, which go on. */
export function logFields(kind: Kind, types: KindTypes): FacetFields {
  const { one, type } = namesOf(kind);
  const lines = (): GraphQLOutputType =>
    new GraphQLList(new GraphQLNonNull(types.generic('LogLine') as GraphQLOutputType));
  if (kind.storage.key === 'pods')
    return {
      object: {
        logs: {
          type: lines(),
          description: `What its containers have written, by time; at most ${MAX_LINES} lines. Needs the right to get pods/log.`,
          args: {
            ...LOG_PART,
            previous: PREVIOUS,
            limit: { type: GraphQLInt, description: `bytes of each container's; at most ${MAX_BYTES}` },
          },
          resolve: async (pod: KubeObject, args: LogArguments, context, info) =>
            context.budget.items(await podLogs(context, podOf(kind, pod), args), info),
        },
      },
      subscription: {
        podLogs: {
          type: lines(),
          description:
            'What the containers of a pod write, by time, some lines a payload, until the last of them ends.',
          args: { ...FOLLOWED, previous: PREVIOUS },
          subscribe: (_, args: WorkloadLogArguments, context) => followPodLogs(context, { kind, ...args }, args),
          resolve: (value: readonly LogLine[]) => value,
        },
      },
    };
  if (!WORKLOADS.has(kind.storage.key)) return {};
  return {
    subscription: {
      [`${one}Logs`]: {
        type: lines(),
        description: `What the pods that a ${type} selects write, by time, some lines a payload. Pods that come join.`,
        args: FOLLOWED,
        subscribe(_, args: WorkloadLogArguments, context) {
          const pods = context.api.registry.preferred('pods')!;
          return followWorkloadLogs(context, kind, pods, args);
        },
        resolve: (value: readonly LogLine[]) => value,
      },
    },
  };
}
