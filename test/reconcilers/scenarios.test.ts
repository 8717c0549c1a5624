import { describe, expect, test } from 'vitest';
import { OPTIONAL_VERSIONS } from '../../src/kinds/builtin.ts';
import { allReconcilers } from '../../src/reconcilers/all.ts';
import { play, sweep } from '../support/scenario.ts';
import { scenarios } from './all-scenarios.ts';

test('every controller has a scenario', () => {
  const nodeCidrs = { ranges: [], serviceCidr: undefined };
  const policyWarnings = () => Promise.resolve([]);
  const optionalVersions = [...OPTIONAL_VERSIONS];
  const all = allReconcilers({ ca: 'PEM', nodeCidrs, optionalVersions, policyWarnings });
  expect(Object.keys(scenarios)).toEqual(Object.keys(all).sort());
});

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
