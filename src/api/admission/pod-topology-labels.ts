import type { Binding } from '../../../schema/types.ts';
import type { Unchecked } from '../../meta/object.ts';
import { isWriteOf } from './objects.ts';
import type { AdmissionPlugin, AdmissionRequest } from './plugin.ts';

const LABELS = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

/** What is written to `pods/binding` is no pod. */
const bindingOf = ({ object }: AdmissionRequest): Unchecked<Binding> => object as Unchecked<Binding>;

/** A pod learns where its node is: the binding carries the node's topology labels to it (KEP-4742). */
export const podTopologyLabels: AdmissionPlugin = {
  name: 'PodTopologyLabels',
  handles: (target, operation) => operation === 'CREATE' && isWriteOf(target, 'pods', 'binding'),
  admit(request) {
    const { target, metadata } = bindingOf(request);
    const labels = request.store.get({ resource: 'nodes', namespace: '', name: target?.name ?? '' })?.labels;
    for (const label of LABELS) {
      const value = labels?.[label];
      if (value !== undefined) metadata.labels = { ...metadata.labels, [label]: value };
    }
  },
};
