import type { Requirement } from './requirement.ts';

const integer = /^[+-]?\d+$/;

/** What several requirements demand of a label that must be there. */
interface Wanted {
  /** one of these; undefined: any */
  allowed?: Set<string>;
  above?: bigint;
  below?: bigint;
}

/**
 * Requirements of which there may be tens of thousands, as one question of a few steps for each label of an object: those
 * of one key count together, and what must not be there is looked up for the keys that are.
 */
export function byKey(requirements: readonly Requirement[]): (labels: Readonly<Record<string, string>>) => boolean {
  const wanted = new Map<string, Wanted>();
  /** values that a label must not have; undefined: it must not be there */
  const unwanted = new Map<string, Set<string> | undefined>();
  for (const { key, operator, values } of requirements) {
    if (operator === '!') unwanted.set(key, undefined);
    else if (operator === '!=' || operator === 'notin') {
      const not = unwanted.has(key) ? unwanted.get(key) : new Set<string>();
      for (const value of values) not?.add(value);
      unwanted.set(key, not);
    } else wanted.set(key, narrowed(wanted.get(key) ?? {}, operator, values));
  }
  return (labels) => {
    // as soon as an object lacks one it is over, so there are no more turns than it has labels
    for (const [key, want] of wanted) if (!fulfils(labels[key], want)) return false;
    for (const key of unwanted.size ? Object.keys(labels) : [])
      if (unwanted.has(key) && (unwanted.get(key)?.has(labels[key]!) ?? true)) return false;
    return true;
  };
}

function narrowed(want: Wanted, operator: Requirement['operator'], values: readonly string[]): Wanted {
  switch (operator) {
    case 'exists':
      return want;
    case 'gt': {
      const than = BigInt(values[0]!);
      return want.above !== undefined && want.above > than ? want : { ...want, above: than };
    }
    case 'lt': {
      const than = BigInt(values[0]!);
      return want.below !== undefined && want.below < than ? want : { ...want, below: than };
    }
    default: {
      const { allowed } = want;
      return { ...want, allowed: new Set(allowed ? values.filter((value) => allowed.has(value)) : values) };
    }
  }
}

function fulfils(value: unknown, { allowed, above, below }: Wanted): boolean {
  if (typeof value !== 'string') return false;
  if (allowed && !allowed.has(value)) return false;
  if (above === undefined && below === undefined) return true;
  if (!integer.test(value)) return false;
  const number = BigInt(value);
  return (above === undefined || number > above) && (below === undefined || number < below);
}
