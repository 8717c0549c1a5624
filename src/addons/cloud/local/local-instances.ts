import type { Node } from '../../../../schema/types.ts';
import type { InstanceMetadata, Instances } from '../provider.ts';

const REGION = 'local';

/**
 * Nodes of this machine are where it is. A node that the cloud has not made itself it takes for one that there is: who
 * has started it ends it.
 */
export const localInstances: Instances = {
  exists: () => Promise.resolve(true),
  isShutdown: () => Promise.resolve(false),
  metadata: (node) => Promise.resolve(isForeign(node) ? undefined : metadataOf(node)),
};

/** It says itself that it is another cloud's. */
const isForeign = ({ spec }: Node): boolean => !!spec?.providerID && !spec.providerID.startsWith('ku7s://');

const metadataOf = ({ metadata }: Node): InstanceMetadata => ({
  providerID: `ku7s://local/${metadata.name}`,
  addresses: [],
  region: REGION,
});
