import { LRUCache } from 'lru-cache';
import type { Device, DeviceSelector } from '../../../schema/types.ts';
import { DEVICE_DIALECT, DEVICE_VARIABLES, deviceValue, MAX_DEVICE_COST } from '../../cel/device.ts';
import { compile, type Compiled } from '../../cel/expression.ts';
import { typeName } from '../../cel/library/conversions.ts';
import { CelError, type Value } from '../../cel/values.ts';

/** What an expression says of a device, or why it says nothing. */
export type Verdict = boolean | { error: string };

/** An expression with what it has said; devices go with their slices. */
interface Known {
  compiled: Compiled;
  verdicts: WeakMap<Device, Verdict>;
}
/** Expressions that are kept, and their characters together. */
const MAX_KEPT = 200;
const MAX_CHARACTERS = 500_000;
const kept = new LRUCache<string, Known>({
  max: MAX_KEPT,
  maxSize: MAX_CHARACTERS,
  sizeCalculation: (_, { length }) => 1 + length,
});
const values = new WeakMap<Device, Value>();

/** Steps that an evaluation stands for, in the measure of the search: at least, and by what it has cost. */
const LEAST_STEPS = 20;
const COST_PER_STEP = 4;
/** Of an expression that has to be read first, of which a claim may have hundreds. */
const STEPS_PER_CHARACTER = 4;

/**
 * Whether an expression selects a device. Asked again of the same version of the slice it remembers.
 * @param device as it stands in its slice
 * @param spend hears of the steps that it took
 */
export function selects(
  { cel }: DeviceSelector,
  driver: string,
  device: Device,
  spend: (steps: number) => void,
): Verdict {
  const expression = cel?.expression ?? '';
  const { compiled, verdicts } = knownOf(expression, spend);
  let verdict = verdicts.get(device);
  if (verdict === undefined) verdicts.set(device, (verdict = evaluate(compiled, driver, device, spend)));
  return verdict;
}

function knownOf(expression: string, spend: (steps: number) => void): Known {
  let known = kept.get(expression);
  if (!known) {
    spend(expression.length * STEPS_PER_CHARACTER);
    known = { compiled: compile(expression, DEVICE_VARIABLES, DEVICE_DIALECT), verdicts: new WeakMap() };
    kept.set(expression, known);
  }
  return known;
}

const noBool = (type: string): string =>
  `CEL result of type ${type} could not be converted to bool: unsupported native conversion from ${type} to 'bool'`;

function evaluate(compiled: Compiled, driver: string, device: Device, spend: (steps: number) => void): Verdict {
  if ('error' in compiled) return { error: `CEL compile error: ${compiled.error}` };
  let value = values.get(device);
  if (value === undefined) values.set(device, (value = deviceValue(driver, device)));
  if (value instanceof CelError) return { error: `CEL runtime error: ${value.message}` };
  const { value: result, cost } = compiled.program.run({ device: value }, MAX_DEVICE_COST);
  spend(LEAST_STEPS + cost / COST_PER_STEP);
  if (typeof result === 'boolean') return result;
  return { error: `CEL runtime error: ${result instanceof CelError ? result.message : noBool(typeName(result))}` };
}
