import { requireAttributes } from '../api/authorization/attributes.ts';
import type { Api, User } from '../api/contract.ts';
import { RefusedDocument, type Asked } from './operations.ts';

/** What is served is told to those who may read it of REST's discovery document: system:discovery lets the authenticated. */
export const requireDiscovery = (api: Api, user: User): void =>
  requireAttributes(api, user, { verb: 'get', path: '/apis' });

/** Whether an operation's answer tells of the schema: it asks for it, or is corrected by it ("Did you mean …?"). */
export const tellsOfSchema = ({ operation, refusal }: Asked): boolean =>
  operation ? operation.introspects : refusal instanceof RefusedDocument;
