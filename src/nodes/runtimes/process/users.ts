import type { ContainerSecurity } from '../../pods/security-context.ts';
import { UnsupportedError } from '../../pods/unsupported.ts';

/** Whose ids a container's processes have on the host. */
export type Users =
  /** the agent is root: containers have the host's own */
  | { kind: 'host' }
  /** a user namespace in which only root exists: the user who started the agent */
  | { kind: 'single'; uid: number; gid: number };

/** @throws UnsupportedError for a user or group that does not exist where the container runs */
export function checkUsers(users: Users, security: ContainerSecurity): void {
  if (users.kind === 'host') return;
  const why = 'this node was not started by root, so its containers have no user or group but root';
  if (security.user !== 0) throw new UnsupportedError(`runAsUser ${security.user}: ${why}`);
  if (security.group !== 0) throw new UnsupportedError(`runAsGroup ${security.group}: ${why}`);
  const asked = security.supplementaryGroups.filter((group) => group !== 0 && !security.memberGroups.includes(group));
  if (asked.length) throw new UnsupportedError(`supplementary group ${asked[0]}: ${why}`);
}
