import type { Node } from '../../../../schema/types.ts';
import type { Instances } from '../provider.ts';
import { GROUP_LABEL, type LocalNodeGroups } from './local-node-groups.ts';

const SCHEME = 'ku7s://';
const REGION = 'local';

/**
 * The nodes of this machine. One that is of no group is taken for one that there is: who has started it ends it, and it
 * has said all of itself that is known of it.
 */
export function localInstances(groups: LocalNodeGroups): Instances {
  const isGrouped = ({ metadata }: Node): boolean => metadata.labels?.[GROUP_LABEL] !== undefined;
  return {
    async exists(node) {
      if (!isGrouped(node)) return true;
      await groups.ready();
      return groups.groupOf(node)?.has(node.metadata.name) ?? false;
    },
    isShutdown: () => Promise.resolve(false),
    metadata(node) {
      if (node.spec?.providerID && !node.spec.providerID.startsWith(SCHEME)) return Promise.resolve(undefined);
      const spec = groups.groupOf(node)?.spec;
      return Promise.resolve({
        providerID: `${SCHEME}${spec?.name ?? 'local'}/${node.metadata.name}`,
        addresses: [],
        region: REGION,
        ...(spec && { zone: spec.zone, instanceType: `${spec.runtime}-${spec.name}` }),
      });
    },
  };
}
