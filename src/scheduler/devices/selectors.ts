import { LRUCache } from 'lru-cache';
import type { Device, DeviceSelector } from '../../../schema/types.ts';
import { DEVICE_DIALECT, DEVICE_VARIABLES, deviceValue, MAX_DEVICE_COST } from '../../cel/device.ts';
import { compile, type Compiled } from '../../cel/expression.ts';
import { typeName } from '../../cel/library/conversions.ts';
import { CelError, type Value } from '../../cel/values.ts';

/** What an expression says of a device, or why it says nothing. */
export type Verdict = boolean | { error: string };

/** Expressions that are kept with what they have said; devices go with their slices. */
const MAX_KEPT = 200;
const verdicts = new LRUCache<string, WeakMap<Device, Verdict>>({ max: MAX_KEPT });
const values = new WeakMap<Device, Value>();

/** Steps that an evaluation stands for, in the measure of the search: at least, and by what it has cost. */
const LEAST_STEPS = 20;
const COST_PER_STEP = 4;

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
  let known = verdicts.get(expression);
  if (!known) verdicts.set(expression, (known = new WeakMap()));
  let verdict = known.get(device);
  if (verdict === undefined) known.set(device, (verdict = evaluate(expression, driver, device, spend)));
  return verdict;
}

const noBool = (type: string): string =>
  `CEL result of type ${type} could not be converted to bool: unsupported native conversion from ${type} to 'bool'`;

function evaluate(expression: string, driver: string, device: Device, spend: (steps: number) => void): Verdict {
  const compiled: Compiled = compile(expression, DEVICE_VARIABLES, DEVICE_DIALECT);
  if ('error' in compiled) return { error: `CEL compile error: ${compiled.error}` };
  let value = values.get(device);
  if (value === undefined) values.set(device, (value = deviceValue(driver, device)));
  if (value instanceof CelError) return { error: `CEL runtime error: ${value.message}` };
  const { value: result, cost } = compiled.program.run({ device: value }, MAX_DEVICE_COST);
  spend(LEAST_STEPS + cost / COST_PER_STEP);
  if (typeof result === 'boolean') return result;
  return { error: `CEL runtime error: ${result instanceof CelError ? result.message : noBool(typeName(result))}` };
}
