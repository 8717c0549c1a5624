import { randomUUID } from 'node:crypto';
import type { RequestContext } from '../contract.ts';

/**
 * The context of a request that writes several objects one by one: history then tells them as one change. What is
 * written in one transaction is one by itself, and so is a single write.
 */
export const withChangeSet = (ctx: RequestContext): RequestContext =>
  ctx.changeSet
    ? ctx
    : // its fields may be getters
      Object.defineProperty(Object.create(ctx) as RequestContext, 'changeSet', { value: randomUUID() });
