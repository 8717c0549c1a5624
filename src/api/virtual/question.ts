import type { KubeObject } from '../../meta/object.ts';
import type { RequestContext, Target } from '../contract.ts';
import type { Core } from '../core.ts';

/** Who asks what, and where. `object` may be changed. */
export interface Asked {
  core: Core;
  ctx: RequestContext;
  target: Target;
  object: KubeObject;
}

/** A question in the form of an object: the answer is its status, and nothing is stored. */
export interface Question {
  /** Throws what the question is refused with; before webhooks and policies see it. */
  check?(asked: Asked): void;
  /** Puts the answer into the object. */
  answer(asked: Asked): void | Promise<void>;
}
