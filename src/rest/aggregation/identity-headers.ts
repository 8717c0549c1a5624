import type { OutgoingHttpHeaders } from 'node:http';
import type { User } from '../../api/contract.ts';

/** Headers by which another server knows who asks (https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/). */
export function identityHeaders(user: User): OutgoingHttpHeaders {
  const extra = Object.entries(user.extra ?? {}).map(([key, values]) => [
    `x-remote-extra-${encodeURIComponent(key).replace(/[()]/g, (c) => (c === '(' ? '%28' : '%29'))}`,
    values.map(asBytes),
  ]);
  return {
    'x-remote-user': asBytes(user.name),
    ...(user.uid && { 'x-remote-uid': asBytes(user.uid) }),
    'x-remote-group': user.groups.map(asBytes),
    ...(Object.fromEntries(extra) as OutgoingHttpHeaders),
  };
}

/** Text as a header has it: its bytes in UTF-8, as Go writes them. */
const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
