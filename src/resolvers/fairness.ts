import type { User } from '../api/contract.ts';
import { MAX_SEATS, type FlowControl } from '../api/fairness/flow-control.ts';
import type { Engine, OperationRequest } from './engine.ts';

/** An operation takes a seat per so many fields that it may produce: about the work of a list's seat over REST. */
const FIELDS_PER_SEAT = 1_000;
/** To flow schemas, operations are requests for this path: who asks tells the flow, as the kinds in a document may be many. */
const ATTRIBUTES = { verb: 'post', path: '/graphql' };

/** Resolves with what frees the seats when the operations, which come together, may run. Throws 429. */
export async function admitted(
  control: FlowControl | undefined,
  engine: Engine,
  requests: readonly OperationRequest[],
  user: User,
): Promise<() => void> {
  if (!control) return () => undefined;
  const seats = requests.reduce(
    (sum, request) => sum + Math.max(1, Math.ceil(engine.cost(request) / FIELDS_PER_SEAT)),
    0,
  );
  return (await control.admit(user, ATTRIBUTES, Math.min(MAX_SEATS, seats))).release;
}

/** A subscription waits for seats before it begins, and gives them back then: nothing can be waited for there. */
export class AdmittedFirst<T> implements AsyncIterableIterator<T> {
  private begun: Promise<{ refusal?: T }> | undefined;
  private over = false;

  /** @param refused what a subscription that is not admitted gives instead */
  constructor(
    private readonly results: AsyncIterableIterator<T>,
    private readonly admit: () => Promise<() => void>,
    private readonly refused: (error: unknown) => T,
  ) {}

  async next(): Promise<IteratorResult<T>> {
    if (this.over) return { done: true, value: undefined };
    this.begun ??= this.admit().then(
      (release) => (release(), {}),
      (error: unknown) => ({ refusal: this.refused(error) }),
    );
    const { refusal } = await this.begun;
    if (refusal === undefined) return this.results.next();
    await this.return();
    return { done: false, value: refusal };
  }
  async return(): Promise<IteratorResult<T>> {
    this.over = true;
    await this.results.return?.();
    return { done: true, value: undefined };
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
}
