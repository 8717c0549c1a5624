import { describe, expect, test } from 'vitest';
import { play, sweep } from '../support/scenario.ts';
import { scenarios } from './scenarios/all.ts';

describe.each(Object.entries(scenarios))('%s', (_name, scenario) => {
  test('does what it is there for', async () => {
    const { cluster } = await play(scenario);
    await scenario.end(cluster);
    expect(cluster.logs.filter((line) => !scenario.logs?.test(line))).toEqual([]);
    await cluster.stop();
  });

  test('comes to the same end wherever its process stops and starts again', async () => {
    expect(await sweep(scenario, 'crash')).toEqual([]);
  });
});
