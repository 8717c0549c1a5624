import type { NodeFact } from './node-object.ts';
import type { Capabilities } from './runtimes/process/capabilities.ts';

/** What of the machine a node of processes goes by. */
export interface MachineParts {
  can: Pick<Capabilities, 'root' | 'rootView' | 'missing' | 'layersOnDisk' | 'podNetwork'>;
  /** each pod has a network of its own */
  ownNetwork: boolean;
  /** something keeps containers from the machine's devices */
  devices: boolean;
}

/**
 * What this machine cannot give to pods, as conditions of the Node: that none can be started, or what they go without.
 * Empty on a machine that gives all.
 */
export function machineLacks({ can, ownNetwork, devices }: MachineParts): NodeFact[] {
  if (!can.rootView) {
    const message = `no container is started, as this machine cannot isolate it: ${can.missing}`;
    return [{ type: 'ContainersNotStarted', status: 'True', reason: 'NoIsolation', message }];
  }
  const lacks = [
    ...(can.root ? [] : ['pods run as one user, since the agent is not root: no other users, groups and mounts']),
    ...(ownNetwork ? [] : ["pods share the host's network, each with a loopback address of its own"]),
    ...(can.layersOnDisk ? [] : ['what containers write to their root is kept in memory']),
    ...(devices
      ? []
      : ['no cgroup holds containers to their devices: none has CAP_MKNOD, or may ask for CAP_SYS_ADMIN']),
  ];
  if (!lacks.length) return [];
  return [{ type: 'MachineLimited', status: 'True', reason: 'MachineLacksParts', message: lacks.join('; ') }];
}
