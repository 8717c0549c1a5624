import { formatTime } from '../../meta/time.ts';
import type { User } from '../contract.ts';
import type { Question } from './create-virtual.ts';

/** authentication/v1 UserInfo */
export const userInfo = (user: User): Record<string, unknown> => ({
  username: user.name,
  ...(user.uid && { uid: user.uid }),
  groups: user.groups,
  ...(user.extra && Object.keys(user.extra).length && { extra: user.extra }),
});

/** Who am I? */
export const selfSubjectReview: Question = (core, ctx, _target, object) => {
  object.metadata.creationTimestamp = formatTime(core.clock.now());
  object['status'] = { userInfo: userInfo(ctx.user) };
};
