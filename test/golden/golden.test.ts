import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../e2e/support/cluster.ts';
import { Player, type Scenario } from './support/scenario.ts';

const HERE = fileURLToPath(new URL('./api', import.meta.url));
/** Scenarios that differ, with the reason in docs/compatibility.md; one that comes right should leave this list. */
const differing = new Set(JSON.parse(readFileSync(new URL('./differing.json', import.meta.url), 'utf8')) as string[]);
const TOKEN = 'golden';

describe('recorded scenarios', () => {
  let cluster: Cluster;
  let player: Player;
  const score = new Map<string, { right: number; all: number }>();

  beforeAll(async () => {
    const tokens = path.join(mkdtempSync(path.join(os.tmpdir(), 'ku7s-golden-')), 'tokens.csv');
    writeFileSync(tokens, `${TOKEN},admin,admin,"system:masters"\n`);
    cluster = await startCluster(['--roles', 'api', '--token-auth-file', tokens]);
    player = new Player(new URL(cluster.url), TOKEN);
  });
  afterAll(async () => {
    for (const [file, { right, all }] of score) process.stdout.write(`${file}: ${right}/${all}\n`);
    player?.close();
    await cluster?.remove();
  });

  for (const file of readdirSync(HERE).sort()) {
    describe(file, () => {
      for (const scenario of JSON.parse(readFileSync(path.join(HERE, file), 'utf8')) as Scenario[])
        it(scenario.name, async () => {
          const found = await player.play(scenario);
          const count = score.get(file) ?? { right: 0, all: 0 };
          score.set(file, { right: count.right + (found.length ? 0 : 1), all: count.all + 1 });
          const name = `${file}/${scenario.name}`;
          if (!differing.has(name)) expect(found.slice(0, 10)).toEqual([]);
          else if (found.length === 0) process.stdout.write(`${name} is as recorded: take it off differing.json\n`);
        });
    });
  }
});
