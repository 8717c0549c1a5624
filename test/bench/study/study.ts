import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { BenchOptions } from '../options.ts';
import { studyObjects } from './objects.ts';
import { studyProcesses } from './processes.ts';
import { linePlots, seriesTable, type Series } from './series.ts';
import { compareStores } from './stores.ts';

type Part = (root: string, options: BenchOptions, progress: (line: string) => void) => Promise<Series[]>;
const PARTS: Record<string, Part> = {
  objects: studyObjects,
  processes: studyProcesses,
  etcd: (_, { seconds }, progress) => compareStores(seconds, progress),
};

/** How costs grow: tables on stdout, plots and JSON in test/bench/out. @returns the exit code: 1 when a part has failed */
export async function runStudy(root: string, options: BenchOptions, say: (line: string) => void): Promise<number> {
  const progress = (line: string) => void process.stderr.write(`${line}\n`);
  const out = path.join(root, 'test/bench/out');
  mkdirSync(out, { recursive: true });
  let failed = 0;
  for (const [name, run] of Object.entries(PARTS)) {
    if (!options.only.test(name)) continue;
    progress(`study of ${name}`);
    try {
      const series = await run(root, options, progress);
      const machine = { cpus: os.cpus().length, model: os.cpus()[0]?.model ?? '', node: process.version };
      writeFileSync(
        path.join(out, `study-${name}.json`),
        `${JSON.stringify({ at: new Date().toISOString(), machine, series }, null, 2)}\n`,
      );
      writeFileSync(path.join(out, `study-${name}.svg`), linePlots(series));
      say(`${seriesTable(series)}\n`);
    } catch (error) {
      failed = 1;
      progress(`study of ${name}: ${(error as Error).stack}`);
    }
  }
  return failed;
}
