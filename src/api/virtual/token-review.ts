import { badRequest } from '../../meta/status.ts';
import { userInfo } from '../authentication/user-info.ts';
import type { Question } from './question.ts';

/** Whose token is it? */
export const tokenReview: Question = {
  check({ object }) {
    if (!object['spec']?.token) throw badRequest('token is required for TokenReview in authentication');
  },
  async answer({ core, object }) {
    const { token, audiences = [] } = object['spec'] as { token: string; audiences?: string[] };
    const found = await core.authenticator.review(token, audiences);
    if (found) {
      object['status'] = {
        authenticated: true,
        user: userInfo(found.user),
        audiences: found.audiences.length ? found.audiences : [core.tokens.issuer],
      };
      return;
    }
    const why = core.tokens.refusal(token, audiences);
    object['status'] = {
      user: {},
      error: why === undefined ? 'invalid bearer token' : `[invalid bearer token, ${why}]`,
    };
  },
};
