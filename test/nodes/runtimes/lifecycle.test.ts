import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Pod, PodStatus } from '../../../schema/types.ts';
import { factsOf, statusAfter } from '../../../src/nodes/runtimes/simulated/simulated-status.ts';
import { nextStage } from '../../../src/nodes/runtimes/simulated/stages.ts';

/** A pod as it is given to a simulated node, and its status after each stage of its life, a second apart. */
interface Life {
  pod: Pod;
  stages: { stage: string; status?: PodStatus }[];
}
const directory = path.join(import.meta.dirname, 'lifecycle');
const START = Date.parse('2026-01-01T00:00:00Z');

function live(pod: Pod): Life['stages'] {
  const stages: Life['stages'] = [];
  let now = structuredClone(pod);
  for (let second = 1; second < 10; second++) {
    const moment = { ip: '10.0.0.1', hostIP: '172.16.0.0', now: START + second * 1000 };
    const stage = nextStage(factsOf(now, START + second * 1000));
    if (!stage) break;
    if (stage.name === 'delete') return [...stages, { stage: stage.name }];
    const status = statusAfter(now, stage.name, moment);
    now = { ...now, status };
    stages.push({ stage: stage.name, status });
  }
  return stages;
}

test.each(readdirSync(directory))('the life of the pod in %s', (file) => {
  const { pod, stages } = JSON.parse(readFileSync(path.join(directory, file), 'utf8')) as Life;
  expect(JSON.parse(JSON.stringify(live(pod)))).toEqual(stages);
});
