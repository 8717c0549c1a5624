import type { Target } from './contract.ts';
import type { create } from './create.ts';
import type { get } from './get.ts';
import type { list } from './list.ts';
import type { patch } from './patch.ts';
import { bind } from './subresources/binding.ts';
import { evict } from './subresources/eviction.ts';
import { getScale, patchScale, updateScale } from './subresources/scale.ts';
import { requestToken } from './subresources/token.ts';
import type { update } from './update.ts';
import { localSubjectAccessReview, selfSubjectAccessReview, subjectAccessReview } from './virtual/access-reviews.ts';
import { ask } from './virtual/ask.ts';
import { getComponent, listComponents } from './virtual/component-status.ts';
import { selfSubjectRulesReview } from './virtual/rules-review.ts';
import { selfSubjectReview } from './virtual/self-subject-review.ts';
import { tokenReview } from './virtual/token-review.ts';

/** Verbs that an endpoint has in place of the usual ones. */
export interface OwnVerbs {
  get?: typeof get;
  list?: typeof list;
  create?: typeof create;
  update?: typeof update;
  patch?: typeof patch;
}

/** By resource, or `resource/subresource`. */
const own: ReadonlyMap<string, OwnVerbs> = new Map<string, OwnVerbs>([
  // created at a subresource, and not as an object of its own
  ['bindings', { create: bind }],
  ['pods/binding', { create: bind }],
  ['pods/eviction', { create: evict }],
  ['serviceaccounts/token', { create: requestToken }],
  // made anew for each read
  ['componentstatuses', { get: getComponent, list: listComponents }],
  // questions in the form of objects
  ['selfsubjectaccessreviews.authorization.k8s.io', { create: ask(selfSubjectAccessReview) }],
  ['subjectaccessreviews.authorization.k8s.io', { create: ask(subjectAccessReview) }],
  ['localsubjectaccessreviews.authorization.k8s.io', { create: ask(localSubjectAccessReview) }],
  ['selfsubjectrulesreviews.authorization.k8s.io', { create: ask(selfSubjectRulesReview) }],
  ['selfsubjectreviews.authentication.k8s.io', { create: ask(selfSubjectReview) }],
  ['tokenreviews.authentication.k8s.io', { create: ask(tokenReview) }],
]);

/** Of every kind that has one. */
const scale: OwnVerbs = { get: getScale, update: updateScale, patch: patchScale };

/** What the target does in a way of its own; undefined for nearly all. */
export function ownVerbs({ kind, subresource }: Target): OwnVerbs | undefined {
  if (subresource === 'scale') return scale;
  return own.get(subresource ? `${kind.storage.key}/${subresource}` : kind.storage.key);
}
