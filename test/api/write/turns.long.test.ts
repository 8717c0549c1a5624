import { Session } from 'node:inspector';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validationServer } from '../../../src/api/validation/serve.ts';
import type { FromThread, Thread } from '../../../src/api/validation/thread.ts';
import { scanJson } from '../../../src/go/json-scan.ts';
import { Pace } from '../../../src/api/write/pace.ts';
import type { Kind } from '../../../src/kinds/kind.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import type { ObjectSchema, Schema } from '../../../src/kinds/schema.ts';
import { TestApi } from '../support.ts';

/**
 * How much is done between two turns of others, counted in blocks of our own code that run (V8's coverage), so that it is
 * the same on every machine. Every list and map of every built-in kind is made wide, with items that say as little as
 * they can: most are refused, which costs no less.
 */
const ITEMS = 5000;
/** What may be done for each value in one turn: a nanosecond or two for each block, so below 50 ms for the widest body. */
const BLOCKS_A_VALUE = 150;

/** Runs by itself, as the thread does, when all that is posted has come. */
function threadHere(counter: Counter): Thread {
  let listener: (message: FromThread) => void = () => undefined;
  const take = validationServer(createRegistry(), (message) => listener(message));
  return {
    post: (message) => void setImmediate(() => counter.beside(() => take(structuredClone(message)))),
    onMessage: (given) => void (listener = given),
    onEnd: () => undefined,
    end: () => undefined,
  };
}

/** Counts the blocks of src/ that run; what runs beside the event loop is left out. */
class Counter {
  readonly #session = new Session();
  most = 0;
  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.restart();
  }
  /** Forgets what V8 keeps of each function that has been made while it counts, which would fill the heap in the end. */
  restart(): void {
    this.#session.post('Profiler.stopPreciseCoverage');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }
  #count(): number {
    let blocks = 0;
    this.#session.post('Profiler.takePreciseCoverage', (_, { result }) => {
      for (const { url, functions } of result) {
        if (!url.includes('/src/')) continue;
        for (const { ranges } of functions) for (const { count } of ranges) blocks += count;
      }
    });
    return blocks;
  }
  begin(): void {
    this.#count();
    this.most = 0;
  }
  turn(): void {
    this.most = Math.max(this.most, this.#count());
  }
  beside(act: () => void): void {
    this.turn();
    act();
    this.#count();
  }
  stop(): void {
    this.#session.disconnect();
  }
}

const MINIMAL: Readonly<Record<string, unknown>> = { boolean: true, int32: 1, int64: 1, double: 1, intOrString: 1 };

/** Something of the type. `i` makes it another one each time. */
function some(schema: Schema, i: number): unknown {
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        [...schema.fields.values()]
          .filter((field) => field.required || field.name === 'name')
          .map((field) => [field.name, some(field.schema, i)]),
      );
    case 'list':
      return [];
    case 'map':
    case 'any':
      return {};
    case 'time':
    case 'microTime':
      return '2026-01-01T00:00:00Z';
    case 'bytes':
      return 'dg==';
    default:
      return MINIMAL[schema.type] ?? `${i}`;
  }
}

function wide(schema: Schema): unknown {
  const indexes = Array.from({ length: ITEMS }, (_, i) => i);
  if (schema.type === 'list') return indexes.map((i) => some(schema.item, i));
  return Object.fromEntries(
    indexes.map((i) => [`k${(i * 7919) % ITEMS}`, schema.type === 'map' ? some(schema.value, i) : 1]),
  );
}

type Build = (wide: unknown) => Record<string, unknown>;

/** Each list and map below a struct that has not been seen in another kind, with what builds an object around it. */
function* widths(
  struct: ObjectSchema,
  seen: Set<string>,
  path: string,
  build: (value: Record<string, unknown>) => Record<string, unknown>,
): Generator<[path: string, object: () => Record<string, unknown>]> {
  if (seen.has(struct.name)) return;
  seen.add(struct.name);
  for (const { name, schema } of struct.fields.values()) {
    const around: Build = (value) => build({ ...(some(struct, 0) as object), [name]: value });
    const here = `${path}.${name}`;
    if (schema.type === 'object') yield* widths(schema, seen, here, around);
    if (schema.type !== 'list' && schema.type !== 'map') continue;
    yield [here, () => around(wide(schema))];
    const item = schema.type === 'list' ? schema.item : schema.value;
    if (item.type === 'object')
      yield* widths(item, seen, here, (value) => around(schema.type === 'list' ? [value] : { a: value }));
  }
}

describe('one turn of a create', () => {
  const counter = new Counter();
  const due = Object.getOwnPropertyDescriptor(Pace.prototype, 'due')!;
  let test: TestApi;
  const seen = new Set<string>();
  const kinds = createRegistry()
    .all()
    .filter((kind) => kind.verbs.includes('create') && kind.storage.persisted);

  beforeAll(async () => {
    test = await TestApi.open({ validationThread: () => threadHere(counter) });
    Object.defineProperty(Pace.prototype, 'due', {
      get() {
        counter.turn();
        return true;
      },
    });
  });
  afterAll(async () => {
    Object.defineProperty(Pace.prototype, 'due', due);
    counter.stop();
    await test.close();
  });

  const create = async (kind: Kind, object: Record<string, unknown>): Promise<number> => {
    const { apiVersion: _, kind: __, metadata, ...rest } = object;
    const body = { ...rest, metadata: { name: 'wide', ...(metadata as object) } };
    const bytes = Buffer.from(JSON.stringify(body));
    const target = { kind, namespace: kind.namespaced ? 't' : '', name: '', subresource: '' };
    const { values } = scanJson(bytes.toString());
    test.warnings.length = 0;
    counter.begin();
    await test.api
      .create(test.ctx(), target, { bytes, contentType: 'application/json' }, { dryRun: ['All'] })
      .catch(() => undefined);
    counter.turn();
    return counter.most / values;
  };

  it.each(kinds.map((kind) => [`${kind.group}/${kind.version} ${kind.resource}`, kind] as const))(
    'does little of what there is in a wide %s',
    async (_, kind) => {
      const fields = [...widths(kind.schema, seen, '', (value) => value)];
      counter.restart();
      const long: string[] = [];
      for (const [path, object] of fields) {
        const most = await create(kind, object());
        if (most > BLOCKS_A_VALUE) long.push(`${path}: ${Math.round(most)} blocks a value`);
      }
      expect(long).toEqual([]);
    },
  );
});
