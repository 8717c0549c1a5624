import { join } from 'node:path';
import type { Addon } from '../addon.ts';
import { manifests } from './manifests.ts';
import { ACCOUNT } from './names.ts';
import { NodeFolders } from './node-folders.ts';
import { provisioner } from './provisioner.ts';
import { reclaimer } from './reclaimer.ts';
import { resizer } from './resizer.ts';
import { roles } from './roles.ts';
import { CONTENTS, SNAPSHOT_CLASSES, SNAPSHOTS } from './snapshots/kinds.ts';
import { snapshotter } from './snapshots/snapshotter.ts';

/**
 * Claims of the class `standard` get a folder of the node on which their pod runs. Each node makes and removes its own,
 * beside its agent, since nobody else can.
 */
export const storage: Addon = {
  name: 'storage',
  account: ACCOUNT,
  manifests,
  roles,
  onNode({ node, directory }) {
    const folders = new NodeFolders(join(directory, 'volumes'));
    const snapshots = new NodeFolders(join(directory, 'snapshots'), '/dev/ku7s-snapshots');
    const place = { node, folders, snapshots };
    return {
      loops: [provisioner(place), reclaimer(place), resizer(place)],
      whileDefined: { resources: [SNAPSHOTS, CONTENTS, SNAPSHOT_CLASSES], loops: [snapshotter(place)] },
      async stop() {
        await folders.close();
        await snapshots.close();
      },
    };
  },
};
