import { describe, expect, test } from 'vitest';
import { sweep, type Fault } from '../support/scenario.ts';
import { scenarios } from './all-scenarios.ts';

const FAULTS: Partial<Record<Fault, string>> = {
  refused: 'one of its writes is refused',
  unanswered: 'the answer of one of its writes gets lost',
};

const swept = Object.entries(scenarios).filter(([, { onlyCrash }]) => !onlyCrash);

describe.each(swept)('%s comes to the same end where', (_name, scenario) => {
  test.each(Object.entries(FAULTS))('%s: %s', async (fault) => {
    expect(await sweep(scenario, fault as Fault)).toEqual([]);
  });
});
