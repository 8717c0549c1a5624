import type { ContainerSecurity } from '../../pods/security-context.ts';
import type { PodSandboxSpec } from '../runtime.ts';
import { UnsupportedError } from '../../pods/unsupported.ts';

/** Whose ids a container's processes have on the host. */
export type Users =
  /** the agent is root: containers have the host's own */
  | { kind: 'host' }
  /** a user namespace in which only root exists: the user who started the agent */
  | { kind: 'single'; uid: number; gid: number };

/** Ids of a pod that has users of its own. */
export const POD_USERS = 65_536;

/**
 * The first of the host's ids that a pod with users of its own has; undefined for one that has the host's. It goes by the
 * pod's address, of which there is one on a machine.
 * @throws UnsupportedError where the node cannot give them
 */
export function userBase({ hostUsers, address, netns }: PodSandboxSpec, users: Users): number | undefined {
  if (hostUsers) return undefined;
  if (users.kind !== 'host') throw new UnsupportedError('hostUsers: false: this node was not started by root');
  const [, network, number] = /^10\.244\.(\d+)\.(\d+)$/.exec(address) ?? [];
  if (!netns || network === undefined)
    throw new UnsupportedError('hostUsers: false: pods of this node have no network of their own');
  return (Number(network) * 256 + Number(number)) * POD_USERS;
}

/** @throws UnsupportedError for a user or group that a pod with users of its own lacks */
export function checkOwnUsers({ user, group, supplementaryGroups }: ContainerSecurity): void {
  const beyond = [user, group, ...supplementaryGroups].find((id) => id >= POD_USERS);
  if (beyond !== undefined)
    throw new UnsupportedError(`hostUsers: false: the pod has the ids from 0 to ${POD_USERS - 1}, and not ${beyond}`);
}

/** @throws UnsupportedError for a user or group that does not exist where the container runs */
export function checkUsers(users: Users, security: ContainerSecurity): void {
  if (users.kind === 'host') return;
  const why = 'this node was not started by root, so its containers have no user or group but root';
  if (security.user !== 0) throw new UnsupportedError(`runAsUser ${security.user}: ${why}`);
  if (security.group !== 0) throw new UnsupportedError(`runAsGroup ${security.group}: ${why}`);
  const asked = security.supplementaryGroups.filter((group) => group !== 0 && !security.memberGroups.includes(group));
  if (asked.length) throw new UnsupportedError(`supplementary group ${asked[0]}: ${why}`);
}
