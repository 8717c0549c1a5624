import {
  Kind,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  type SelectionSetNode,
} from 'graphql';
import { Slice } from '../api/fairness/turns.ts';
import { badRequest } from '../meta/status.ts';
import { tooLarge, tookTooLong } from './limit-error.ts';
import type { Seats } from './seats.ts';

/** What an operation may take while it runs. */
export interface BudgetLimits {
  /** fields of objects that relations lead to, or that graphql-js answers */
  fields: number;
  /** objects that are looked at for relations */
  looks: number;
  /** bytes of text that is made for the answer */
  text: number;
  /** bytes of text that tells of the schema: that of many definitions is large */
  schema: number;
  /** bytes of lists of whole objects beyond the largest one */
  whole: number;
  /** ms from its beginning on, places that it waits for counted; kube-apiserver's for any request (--request-timeout) */
  time: number;
  /** from here on it is one of the large ones, of which one user has few at once */
  large: { fields: number; bytes: number };
}
export const DEFAULT_BUDGET: BudgetLimits = {
  fields: 200_000,
  looks: 10_000_000,
  text: 32 * 1024 * 1024,
  schema: 128 * 1024 * 1024,
  whole: 64 * 1024 * 1024,
  time: 60_000,
  large: { fields: 20_000, bytes: 1024 * 1024 },
};
/** Of this process's own loops. */
export const NO_BUDGET: BudgetLimits = {
  fields: Infinity,
  looks: Infinity,
  text: Infinity,
  schema: Infinity,
  whole: Infinity,
  time: Infinity,
  large: { fields: Infinity, bytes: Infinity },
};

/** Lists from this length on are completed one item after the other, and not in one go. */
const LONG_LIST = 16;
/** What an item that waits for its turn holds, in fields. */
const WAITING_WEIGHT = 2;

/** Waits for one of the places for large operations; the result gives it back. */
export type Enter = () => Promise<() => void>;

/**
 * What one request of operations may take, counted while it runs: what it costs cannot be known before, as lists of
 * relations are as long as they are. Counts what becomes of it, not what it reads: a whole list by itself is free, as it
 * is over REST. And its pace: it gives way between its parts, to all that this process does.
 */
export class Budget {
  readonly slice = new Slice();
  /** rejects when there is no more to spend, so that what still runs need not be waited for */
  readonly exceeded: Promise<never>;
  /** that its operation has, where it came by itself */
  seats: Seats | undefined;
  private refuse: (error: Error) => void = () => undefined;
  private failure: Error | undefined;
  private readonly began = performance.now();
  private fields = 0;
  private looks = 0;
  private text = 0;
  private schema = 0;
  private lists = { bytes: 0, largest: 0 };
  private entering: Promise<void> | undefined;
  private leave: (() => void) | undefined;
  private closed = false;
  private readonly waiting: (() => void)[] = [];
  private pumping = false;
  private readonly weights = new WeakMap<SelectionSetNode, number>();

  constructor(
    private readonly limits: BudgetLimits,
    private readonly enter?: Enter,
    signal?: AbortSignal,
  ) {
    this.exceeded = new Promise((_, reject) => (this.refuse = reject));
    this.exceeded.catch(() => undefined);
    signal?.addEventListener('abort', () => this.end(badRequest('the request was given up')), { once: true });
  }

  /** Fields of objects that are produced. Throws 413. */
  produce(count: number): void {
    this.fields += count;
    const { fields } = this.limits;
    if (this.fields > fields)
      this.fail(
        tooLarge(
          'produced',
          fields,
          `the operation produces more than ${fields} fields: ask for pages of fewer objects (first, after), or for fewer relations at once`,
        ),
      );
  }

  /** Objects that are looked at for one of them. Throws 413. */
  look(count: number): void {
    this.looks += count;
    const { looks } = this.limits;
    if (this.looks > looks)
      this.fail(
        tooLarge(
          'looks',
          looks,
          `the operation looks at more than ${looks} objects: ask for pages of fewer objects (first, after), or for fewer relations at once`,
        ),
      );
  }

  /** Bytes of text that were made. Throws 413. */
  write(bytes: number): void {
    this.text += bytes;
    const { text } = this.limits;
    if (this.text > text)
      this.fail(
        tooLarge(
          'text',
          text,
          `the answer has more than ${text} bytes: ask for pages of fewer objects (first, after), or for fewer fields`,
        ),
      );
  }

  /** Bytes of text that tells of the schema. Throws 413. */
  tell(bytes: number): void {
    this.schema += bytes;
    const { schema } = this.limits;
    if (this.schema > schema)
      this.fail(
        tooLarge(
          'schema',
          schema,
          `what is asked of the schema has more than ${schema} bytes: ask for types one by one (__type), or for fewer levels`,
        ),
      );
  }

  /** Bytes of a list of whole objects, which are the store's. The largest list is free. Throws 413. */
  pass(bytes: number): void {
    this.lists.bytes += bytes;
    this.lists.largest = Math.max(this.lists.largest, bytes);
    const { whole } = this.limits;
    if (this.lists.bytes - this.lists.largest > whole)
      this.fail(
        tooLarge(
          'whole',
          whole,
          `the answer has more than ${whole} bytes beyond one list: ask for one list in an operation, or for pages (limit, continue)`,
        ),
      );
  }

  /** Throws what ended the operation, if something has. */
  check(): void {
    if (this.failure) throw this.failure;
  }

  /** Whether others should have their turn, or this one has become large and has to wait for its place. */
  get due(): boolean {
    return this.slice.over || (this.isLarge && !this.leave) || this.failure !== undefined;
  }

  /** Between two parts of the work. Throws what ended the operation, and 504. */
  async turn(): Promise<void> {
    // several parts of it may be at work: it enters once
    if (this.isLarge) await (this.entering ??= this.takePlace());
    this.check();
    const { time } = this.limits;
    if (performance.now() - this.began > time)
      this.fail(
        tookTooLong(
          'time',
          time,
          `the operation takes more than ${time / 1000} s: ask for pages of fewer objects (first, after)`,
        ),
      );
    await this.slice.next();
  }

  /**
   * As many fields wait as there are objects, and all would go on in one turn: they go on one after the other, what came
   * last first, so that an object is done with before the next is begun. Never resolves when the operation has ended.
   */
  go(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      if (this.pumping) return;
      this.pumping = true;
      void this.pump();
    });
  }

  /**
   * A list that graphql-js completes: counted, and a long one item after the other.
   * @param make of what an item is made only when it is its turn
   */
  items<T, U = T>(
    list: readonly T[],
    info: GraphQLResolveInfo,
    make?: (item: T) => U,
  ): readonly (T | U | Promise<T | U>)[] {
    const isLong = list.length >= LONG_LIST;
    this.produce(list.length * (this.weightOf(info) + (isLong ? WAITING_WEIGHT : 0)));
    if (!isLong) return make ? list.map(make) : list;
    return list.map(async (item) => {
      await this.go();
      return make ? make(item) : item;
    });
  }

  /** An object that graphql-js completes. */
  async item<T>(object: T, info: GraphQLResolveInfo): Promise<T> {
    this.produce(this.weightOf(info));
    await this.go();
    return object;
  }

  /** Waits for what happens elsewhere, without a seat. */
  away<T>(wait: () => Promise<T>): Promise<T> {
    return this.seats ? this.seats.without(wait) : wait();
  }

  /** The operation is over, and its answer has been taken. */
  close(): void {
    this.closed = true;
    this.leave?.();
    this.leave = undefined;
  }

  private get isLarge(): boolean {
    const { large } = this.limits;
    return (
      this.fields > large.fields || Math.max(this.text, this.schema) > large.bytes || this.lists.bytes > large.bytes
    );
  }

  private async takePlace(): Promise<void> {
    const leave = (await this.enter?.()) ?? (() => undefined);
    if (this.closed) leave();
    else this.leave = leave;
  }

  private fail(error: Error): never {
    throw this.end(error);
  }

  private end(error: Error): Error {
    this.failure ??= error;
    this.refuse(this.failure);
    return this.failure;
  }

  private async pump(): Promise<void> {
    try {
      while (this.waiting.length) {
        if (this.due) await this.turn();
        this.waiting.pop()?.();
        // what goes on does so before the next
        await Promise.resolve();
      }
      this.pumping = false;
    } catch {
      // over: who waits for the operation has been told
      this.waiting.length = 0;
    }
  }

  /** Fields of one object of a field's type, without what is in lists of it. */
  private weightOf({ fieldNodes, returnType, schema, fragments }: GraphQLResolveInfo): number {
    const of = (set: SelectionSetNode, type: GraphQLNamedType | undefined): number => {
      const known = this.weights.get(set);
      if (known !== undefined) return known;
      this.weights.set(set, 0);
      let sum = 0;
      for (const selection of set.selections) {
        if (selection.kind === Kind.FIELD) {
          sum++;
          const field =
            isObjectType(type) || isInterfaceType(type) ? type.getFields()[selection.name.value] : undefined;
          if (field && selection.selectionSet && !isListType(getNullableType(field.type)))
            sum += of(selection.selectionSet, getNamedType(field.type));
          continue;
        }
        const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value];
        const on = fragment?.typeCondition;
        if (fragment) sum += of(fragment.selectionSet, on ? schema.getType(on.name.value) : type);
      }
      this.weights.set(set, sum);
      return sum;
    };
    const type = getNamedType(returnType);
    if (!isCompositeType(type)) return 1;
    return fieldNodes.reduce(
      (sum: number, { selectionSet }: FieldNode) => sum + (selectionSet ? of(selectionSet, type) : 0),
      1,
    );
  }
}
