import type { User } from '../contract.ts';

/** authentication/v1 UserInfo */
export const userInfo = (user: User): Record<string, unknown> => ({
  username: user.name,
  ...(user.uid && { uid: user.uid }),
  groups: user.groups,
  ...(user.extra && Object.keys(user.extra).length && { extra: user.extra }),
});
