import type { User } from '../api/contract.ts';
import { MAX_SEATS, type FlowControl } from '../api/fairness/flow-control.ts';
import type { Asked } from './schema/operations.ts';

/** An operation takes a seat per so many fields that it may produce: about the work of a list's seat over REST. */
const FIELDS_PER_SEAT = 1_000;
/** To flow schemas, operations are requests for this path: who asks tells the flow, as the kinds in a document may be many. */
const ATTRIBUTES = { verb: 'post', path: '/graphql' };

/** What will be refused takes a seat too: finding that out is work. */
const seatsOf = ({ operation, request }: Asked): number =>
  Math.max(1, Math.ceil((operation?.cost(request.variables ?? {}) ?? 0) / FIELDS_PER_SEAT));

/** Resolves with what frees the seats when the operations, which come together, may run. Throws 429. */
export async function admitted(
  control: FlowControl | undefined,
  asked: readonly Asked[],
  user: User,
): Promise<() => void> {
  if (!control) return () => undefined;
  const seats = asked.reduce((sum, each) => sum + seatsOf(each), 0);
  return (await control.admit(user, ATTRIBUTES, Math.min(MAX_SEATS, seats))).release;
}
