import { requireAttributes } from '../api/authorization/attributes.ts';
import type { Api, RequestContext } from '../api/contract.ts';

/** What is served is told to those who may read it of REST's discovery document: system:discovery lets the authenticated. */
export const requireDiscovery = (api: Api, request: RequestContext): void =>
  requireAttributes(api, request, { verb: 'get', path: '/apis' });
