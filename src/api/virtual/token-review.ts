import { badRequest } from '../../meta/status.ts';
import type { Question } from './create-virtual.ts';
import { userInfo } from './self-subject-review.ts';

/** Whose token is it? */
export const tokenReview: Question = async (core, _ctx, _target, object) => {
  const { token, audiences } = (object['spec'] ?? {}) as { token?: string; audiences?: string[] };
  if (!token) throw badRequest('token is required for TokenReview in authentication');
  const found = await core.authenticator.review(token, audiences ?? []);
  object['status'] = found
    ? { authenticated: true, user: userInfo(found.user), audiences: found.audiences.length ? found.audiences : [core.tokens.issuer] }
    : { user: {}, error: 'invalid bearer token' };
};
