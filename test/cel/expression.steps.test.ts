import { describe, expect, test } from 'vitest';
import { compile, compileSteps } from '../../src/cel/expression.ts';
import type { Variables } from '../../src/cel/check.ts';
import { INT } from '../../src/cel/types.ts';

/** Of another scope each time, as what was compiled is kept. */
const scope = (): Variables => ({ a: INT });
function stepsOf(expression: string, variables: Variables): number {
  const steps = compileSteps(expression, variables);
  let count = 0;
  while (!steps.next().done) count++;
  return count;
}

describe('an expression', () => {
  test.each([
    [
      'that is good: after it is parsed, checked, settled, its literals are looked at, it is compiled and named',
      'a > 1',
      6,
    ],
    ['whose types do not fit: after it is parsed and checked', 'a > "x"', 2],
    ['that is none', 'a >', 0],
  ])('lets others have their turn: %s', (_, expression, turns) => {
    expect(stepsOf(expression, scope())).toBe(turns);
  });

  test('is not read again', () => {
    const variables = scope();
    const first = compile('a > 2', variables);
    expect(stepsOf('a > 2', variables)).toBe(0);
    expect(compile('a > 2', variables)).toBe(first);
  });

  test('says the same at once and in steps', () => {
    const steps = compileSteps('a +', scope());
    expect(steps.next()).toEqual({ done: true, value: compile('a +', scope()) });
  });
});
