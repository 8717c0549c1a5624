import type { Pod } from '../../../schema/types.ts';
import type { Plugin } from '../plugin.ts';

/** A pod with gates is not looked at before the last one is taken away (KEP-3521). */
export const schedulingGates: Plugin = {
  name: 'SchedulingGates',
  events: [{ resource: 'pods', on: ['update'], helps: (pod, object) => object?.metadata.uid === pod.metadata.uid }],
};

export const isGated = (pod: Pod): boolean => (pod.spec?.schedulingGates?.length ?? 0) > 0;
