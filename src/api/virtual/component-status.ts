import { notFound } from '../../meta/status.ts';
import { objectAnswer } from '../answer.ts';
import type { Answer, ListAnswer, RequestContext, Target } from '../contract.ts';
import type { Core } from '../core.ts';
import { resourceOf } from '../target.ts';

export const isComponentStatus = (target: Target): boolean => target.kind.storage.key === 'componentstatuses';

/** The components that answer this are well: the others are clients, of which the API knows nothing. */
export async function listComponents(core: Core, ctx: RequestContext, target: Target): Promise<ListAnswer> {
  core.authorizer.require(ctx, 'list', target);
  return { kind: target.kind, items: [], revision: core.store.revision };
}

export async function getComponent(core: Core, ctx: RequestContext, target: Target): Promise<Answer> {
  core.authorizer.require(ctx, 'get', target);
  if (target.name !== 'etcd-0') throw notFound(resourceOf(target.kind), target.name);
  const conditions = [{ type: 'Healthy', status: 'True', message: 'ok' }];
  return objectAnswer(target.kind, { kind: 'ComponentStatus', apiVersion: 'v1', metadata: { name: target.name }, conditions } as never);
}
