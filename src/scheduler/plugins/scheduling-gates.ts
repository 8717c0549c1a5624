import type { Plugin } from '../plugin.ts';

/** A pod with gates is not looked at before the last one is taken away (KEP-3521). */
export const schedulingGates: Plugin = {
  name: 'SchedulingGates',
  events: [{ resource: 'pods', on: ['update'], helps: (pod, object) => object?.metadata.uid === pod.metadata.uid }],
  preEnqueue: ({ spec }) =>
    spec?.schedulingGates?.length
      ? `waiting for scheduling gates: [${spec.schedulingGates.map(({ name }) => name).join(' ')}]`
      : undefined,
};
