import type { Kind } from '../../kinds/kind.ts';
import type { ListSchema, MapSchema, ObjectSchema, Schema } from '../../kinds/schema.ts';
import type { KubeObject } from '../../meta/object.ts';
import { isRecord } from '../../meta/record.ts';
import { badRequest } from '../../meta/status.ts';
import { queryFieldsOf } from './field-names.ts';
import type { Filter } from './filter.ts';
import { havingOf } from './having.ts';
import { canonicalText } from './canonical-text.ts';
import {
  all,
  boolean,
  entriesOf,
  isAbsent,
  isPlain,
  required,
  short,
  unknown,
  within,
  type Conditions,
  type Place,
  type Test,
} from './conditions.ts';
import { anyTest } from './json-condition.ts';
import { scalarTest } from './scalar-condition.ts';
import { partsOf, type Part } from './parts.ts';
import { meaningOf } from './scalar-values.ts';
import { Tally } from './tally.ts';

/**
 * Compiles a `where` of a kind: its GraphQL value, or the same as JSON of a tool. Nothing said holds always. Throws 400
 * with the path of what is wrong.
 */
export function compileWhere(kind: Kind, where: unknown): Filter {
  const tally = new Tally();
  const test = new Compiler(tally).struct(kind.schema, where, { at: 'where', path: [], depth: 0, demanded: true });
  const having = havingOf(where as Conditions);
  let key: string | undefined;
  let parts: readonly Part[] | undefined;
  return {
    matches(object: KubeObject) {
      tally.meter.reset();
      return test(object);
    },
    ...(having && { having }),
    heavy: tally.heavy,
    get key() {
      return (key ??= keyOf(where));
    },
    demands: tally.demands,
    simple: tally.simple,
    get parts() {
      return (parts ??= partsOf(tally.paths));
    },
  };
}

/** Characters of a filter that is told from others. */
const MAX_KEY = 4096;

function keyOf(where: unknown): string | undefined {
  const text = canonicalText(where);
  return text.length > MAX_KEY ? undefined : text;
}

class Compiler {
  constructor(readonly tally: Tally) {}

  struct(schema: ObjectSchema, where: unknown, place: Place): Test {
    const fields = queryFieldsOf(schema);
    const tests = entriesOf(where, place).map(([word, given]): Test => {
      if (word === 'and' || word === 'or' || word === 'not') return this.combined(schema, word, given, place);
      const field = fields.get(word);
      if (!field) throw unknown(place, word, fields.keys());
      const { name } = field;
      const test = this.of(field.schema, given, within(place, word, name));
      // what every object inherits is no field of it
      if (name in Object.prototype)
        return (value) => test(isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined);
      return (value) => test(isRecord(value) ? value[name] : undefined);
    });
    return all(tests);
  }

  private combined(schema: ObjectSchema, word: 'and' | 'or' | 'not', given: unknown, place: Place): Test {
    const inner = within(word === 'and' ? place : { ...place, demanded: false }, word);
    this.tally.count(inner);
    if (word === 'not') {
      const test = this.struct(schema, given, inner);
      return (value) => !test(value);
    }
    // GraphQL takes one for a list of one
    const parts = Array.isArray(given) ? (given as unknown[]) : [given];
    const tests = parts.map((part, i) => {
      const at = { ...inner, at: `${inner.at}[${i}]` };
      this.tally.count(at);
      return this.struct(schema, part, at);
    });
    return word === 'and' ? all(tests) : (value) => tests.some((test) => test(value));
  }

  /** What is said of a value of some schema; null says that there is none. */
  of(schema: Schema, given: unknown, place: Place): Test {
    if (given === null) {
      this.tally.count(place);
      this.tally.reads(place.path);
      return isAbsent;
    }
    switch (schema.type) {
      case 'object':
        if (!schema.fields.size) return anyTest(this.tally, given, place);
        this.tally.count(place);
        return this.struct(schema, given, place);
      case 'list':
        return this.list(schema, given, place);
      case 'map':
        return this.map(schema, given, place);
      case 'any':
        return anyTest(this.tally, given, place);
      default:
        return scalarTest(this.tally, meaningOf(schema), given, place);
    }
  }

  private list({ item }: ListSchema, given: unknown, place: Place): Test {
    this.tally.reads(place.path);
    this.tally.lists++;
    const tests = entriesOf(given, place).map(([word, said]): Test => {
      const inner = within({ ...place, demanded: false }, word);
      this.tally.count(inner);
      switch (word) {
        case 'some':
        case 'every':
        case 'none': {
          const test = this.of(item, required(said, inner), inner);
          if (word === 'some') return (value) => itemsOf(value).some(test);
          if (word === 'every') return (value) => itemsOf(value).every(test);
          return (value) => !itemsOf(value).some(test);
        }
        case 'isEmpty': {
          const wanted = boolean(said, inner);
          return (value) => (itemsOf(value).length === 0) === wanted;
        }
        case 'size': {
          const test = scalarTest(this.tally, 'int32', required(said, inner), inner);
          return (value) => test(itemsOf(value).length);
        }
        default:
          throw unknown(place, word, ['some', 'every', 'none', 'isEmpty', 'size']);
      }
    });
    return all(tests);
  }

  /** Conditions on entries, each with its key; all of them must hold. */
  private map({ value: of }: MapSchema, given: unknown, place: Place): Test {
    const entries = Array.isArray(given) ? (given as unknown[]) : [given];
    const tests = entries.map((entry, i): Test => {
      const at = { ...place, at: `${place.at}[${i}]` };
      this.tally.count(at);
      const { key, ...said } = Object.fromEntries(entriesOf(entry, at));
      if (typeof key !== 'string') throw badRequest(`${at.at}.key: the key of an entry is needed`);
      const inner = { ...at, path: [...at.path, key], depth: at.depth + 1 };
      const test = isPlain(of) ? this.of(of, said, inner) : this.of(of, valueOf(said, inner), inner);
      return (value) => test(isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined);
    });
    return all(tests);
  }
}

function valueOf(said: Conditions, place: Place): unknown {
  for (const word of Object.keys(said)) if (word !== 'value') throw unknown(place, word, ['key', 'value']);
  if (said['value'] === undefined) throw badRequest(`${short(place.at)}: what is said of the value is missing`);
  return said['value'];
}

const NONE: readonly unknown[] = [];
const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : NONE);
