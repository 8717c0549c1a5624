import { formatTime } from '../../meta/time.ts';
import { userInfo } from '../authentication/user-info.ts';
import type { Question } from './question.ts';

/** Who am I? The answer repeats nothing of the question. */
export const selfSubjectReview: Question = {
  answer({ core, ctx, object }) {
    object.metadata = { creationTimestamp: formatTime(core.clock.now()) } as never;
    object['status'] = { userInfo: userInfo(ctx.user) };
  },
};
