import { expect, test } from 'vitest';
import { openStore } from '../../../src/store/open.ts';
import type { Store } from '../../../src/store/contract.ts';
import { createDatabase } from '../../support/database.ts';
import type { Loose } from '../../support/fake-api.ts';
import { Random } from '../../support/random.ts';
import { Facades } from './facades.ts';
import { Following } from './following.ts';
import { keyOf, Model } from './model.ts';
import { Reading } from './reading.ts';
import { SUBJECTS } from './subjects.ts';
import { collectionOf } from './write.ts';
import { Writing } from './writing.ts';

/** `SEED=7,8 STEPS=5000` to try more */
const { SEED = '1,2,3', STEPS = '60' } = process.env;
const SEEDS = SEED.split(',').map(Number);

/** What the server has made by itself of the kinds that are looked at. */
async function given(facades: Facades): Promise<Map<string, Loose>> {
  const objects = new Map<string, Loose>();
  for (const subject of SUBJECTS) {
    const { body } = await facades.rest('GET', collectionOf(subject));
    const { apiVersion, kind } = subject;
    for (const item of body.items as Loose[]) objects.set(keyOf(subject, item), { ...item, apiVersion, kind });
  }
  return objects;
}

async function agree(seed: number, store?: Store): Promise<void> {
  const random = new Random(seed);
  const facades = await Facades.open(store);
  const model = new Model(facades.revision, await given(facades));
  const writing = new Writing(facades, model, random);
  const reading = new Reading(facades, model, random);
  const following = new Following(facades, model, random);
  for (let step = 0; step < Number(STEPS); step++) {
    await writing.step();
    if (random.chance(0.6)) await reading.step();
    if (random.chance(0.15)) await following.open();
    if (random.chance(0.1)) following.interrupt();
  }
  await following.end();
  expect(model.changes.length).toBeGreaterThan(Number(STEPS) / 4);
  const { requests, operations } = facades;
  console.log(
    JSON.stringify({ seed, changes: model.changes.length, requests, operations, ...writing.counts }),
    JSON.stringify({ ...reading.counts, ...following.counts }),
  );
  await facades.close();
}

test.each(SEEDS)('of random writes REST and GraphQL tell what a slow model does: seed %i', (seed) => agree(seed));

test('the same over Postgres', async () => {
  const database = await createDatabase();
  await agree((SEEDS[0] ?? 1) + 100, await openStore({ databaseUrl: database.url }));
  await database.drop();
});
