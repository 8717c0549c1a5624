import { describe, expect, it } from 'vitest';
import { areWritesComing } from '../../../src/api/fairness/turns.ts';
import { Pace } from '../../../src/api/write/pace.ts';
import { atOnce, type Steps } from '../../../src/meta/steps.ts';

function* counted(steps: number, each: () => void): Steps<number> {
  for (let i = 0; i < steps; i++) {
    each();
    yield;
  }
  return steps;
}
function busy(): void {
  const end = performance.now() + 10;
  while (performance.now() < end);
}

describe('work in steps', () => {
  it('is one call where nobody waits', () => {
    expect(atOnce(counted(3, busy))).toBe(3);
  });

  it('ends at once where it is short', () => {
    const pace = new Pace();
    Object.defineProperty(pace, 'due', { value: false });
    expect(pace.run(counted(1000, () => undefined))).toBe(1000);
  });

  it('lets others have their turn between steps that take long', async () => {
    const order: string[] = [];
    const outcome = new Pace().run(
      counted(2, () => {
        order.push('step');
        setImmediate(() => order.push('another'));
        busy();
      }),
    );
    expect(outcome).toBeInstanceOf(Promise);
    expect(await outcome).toBe(2);
    expect(order.slice(0, 3)).toEqual(['step', 'another', 'step']);
  });

  it('is long once it has taken some time, and stays so when others have had their turn', async () => {
    const pace = new Pace();
    busy();
    expect(pace.long).toBe(true);
    await pace.turn();
    expect(pace.long).toBe(true);
  });

  it('is at first one of the short requests, for which a statement waits, and then it is not', async () => {
    const pace = new Pace();
    const first = pace.turn();
    expect(areWritesComing()).toBe(true);
    await first;
    const second = pace.turn();
    expect(areWritesComing()).toBe(false);
    await second;
  });

  it('tells what a step throws, before a pause and after one', async () => {
    const failing = (after: number): Steps<number> => {
      let left = after;
      return counted(9, () => {
        busy();
        if (left-- === 0) throw new Error('no more');
      });
    };
    expect(() => new Pace().run(failing(0))).toThrow('no more');
    await expect(async () => new Pace().run(failing(2))).rejects.toThrow('no more');
  });
});
