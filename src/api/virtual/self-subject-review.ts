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

/** Who am I? The answer repeats nothing of the question. */
export const selfSubjectReview: Question = {
  answer({ core, ctx, object }) {
    object.metadata = { creationTimestamp: formatTime(core.clock.now()) } as never;
    object['status'] = { userInfo: userInfo(ctx.user) };
  },
};
