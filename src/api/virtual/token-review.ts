import type { TokenReview, TokenReviewSpec } from '../../../schema/types.ts';
import type { Unchecked } from '../../meta/object.ts';
import { badRequest } from '../../meta/status.ts';
import { userInfo } from '../authentication/user-info.ts';
import type { Question } from './question.ts';

const specOf = (object: Unchecked<TokenReview>): Partial<TokenReviewSpec> => object.spec ?? {};

/** Whose token is it? */
export const tokenReview: Question = {
  check({ object }) {
    if (!specOf(object).token) throw badRequest('token is required for TokenReview in authentication');
  },
  async answer({ core, ctx, object }) {
    const { token = '', audiences = [] } = specOf(object);
    const found = await core.authenticator.review(token, audiences, {
      annotate: (key, value) => ctx.audit?.annotate(key, value),
      warn: (text) => ctx.warn(text),
    });
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
