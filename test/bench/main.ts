import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Calibration } from './calibrate.ts';
import { median } from './load/percentile.ts';
import { parseBenchOptions, type BenchOptions } from './options.ts';
import { runOverload } from './overload/overload.ts';
import { profileWhile } from './profiler.ts';
import { compare, readBaseline, writeBaseline } from './report/baseline.ts';
import { flameGraph, hottest } from './report/flame.ts';
import { plot } from './report/plot.ts';
import { show, type RowResult } from './report/results.ts';
import { table } from './report/table.ts';
import { STAGES, type Bench, type Row } from './row.ts';
import { ROWS } from './rows/all.ts';
import type { BenchServer } from './server.ts';
import { openSession } from './session.ts';
import { runStudy } from './study/study.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);
const progress = (line: string) => process.stderr.write(`${line}\n`);

/** Rows that are a load of requests, for which a cost per request says something. */
const LOADED = /^(create|get|list|patch|leases|graphql-query|large-list)/;

/** @returns the exit code: 1 when a row has failed, or is slower than the baseline by more than the noise */
export async function main(argv: readonly string[], root: string): Promise<number> {
  const options = parseBenchOptions(argv);
  if (typeof options === 'string') {
    say(options);
    return 0;
  }
  if (options.overload) return runOverload(root, options, say);
  if (options.study) return runStudy(root, options, say);
  const rows = ROWS.filter(
    (row) =>
      options.only.test(row.name) &&
      (row.stage !== 'large' || options.large) &&
      (row.anyServer || !options.against) &&
      (row.quick || !options.quick || argv.includes('--only')),
  );
  const calibration = new Calibration();
  const out = path.join(root, 'test/bench/out');
  mkdirSync(out, { recursive: true });
  const results: RowResult[] = [];
  for (const stage of STAGES) {
    const some = rows.filter((row) => row.stage === stage);
    if (some.length === 0) continue;
    const failed = (error: Error): RowResult[] => {
      progress(error.message);
      return some.map((row) => ({ row, values: [], cost: 0, error: error.message }));
    };
    results.push(...(await runStage(root, options, stage, some, calibration, out).catch(failed)));
  }
  return report(results, options, calibration.ms, root, out);
}

async function runStage(
  root: string,
  options: BenchOptions,
  stage: Row['stage'],
  rows: readonly Row[],
  calibration: Calibration,
  out: string,
): Promise<RowResult[]> {
  progress(`stage ${stage}`);
  const { bench, close } = await openSession(root, options, stage);
  const interrupted = () => void close().finally(() => process.exit(1));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const results: RowResult[] = [];
  try {
    for (const row of rows) {
      calibration.measure();
      const result = await runRow(row, bench, options, out);
      progress(
        `  ${row.name}: ${result.error ?? result.values.map(({ measure, median: value }) => show(value, measure.unit)).join(', ')}`,
      );
      results.push(result);
    }
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await close();
  }
  return results;
}

async function runRow(row: Row, bench: Bench, options: BenchOptions, out: string): Promise<RowResult> {
  const runs: number[][] = [];
  const costs: number[] = [];
  try {
    for (let i = 0; i < Math.min(options.runs, row.maxRuns ?? options.runs); i++) {
      // nothing comes before the restart that is measured there
      const server = options.profile && row.name !== 'cold-start' ? bench.server : undefined;
      runs.push(server ? await profiled(row, bench, server, out) : await row.run(bench));
      costs.push(LOADED.test(row.name) ? bench.cost : 0);
    }
  } catch (error) {
    return { row, values: [], cost: 0, error: (error as Error).message };
  }
  const values = row.measures.map((measure, i) => {
    const all = runs.map((run) => run[i]!);
    return { measure, median: median(all), runs: all };
  });
  return { row, values, cost: median(costs) };
}

async function profiled(row: Row, bench: Bench, server: BenchServer, out: string): Promise<number[]> {
  const { result, profile } = await profileWhile(server, () => row.run(bench));
  writeFileSync(path.join(out, `${row.name}.cpuprofile`), JSON.stringify(profile));
  writeFileSync(path.join(out, `${row.name}.flame.svg`), flameGraph(profile, row.title));
  writeFileSync(path.join(out, `${row.name}.hot.txt`), `${hottest(profile).join('\n')}\n`);
  return result;
}

function report(
  results: readonly RowResult[],
  options: BenchOptions,
  calibration: number,
  root: string,
  out: string,
): number {
  const machine = {
    cpus: os.cpus().length,
    model: os.cpus()[0]?.model ?? '',
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    node: process.version,
  };
  const rows = results.map(({ row, values, cost, error }) => ({
    name: row.name,
    title: row.title,
    error,
    cost,
    values: values.map((v) => ({ ...v.measure, median: v.median, runs: v.runs })),
  }));
  writeFileSync(
    path.join(out, 'results.json'),
    `${JSON.stringify({ at: new Date().toISOString(), against: options.against, machine, calibration, rows }, null, 2)}\n`,
  );
  const title = `${options.against ?? 'ku7s'} on ${machine.cpus} cores, share of the goal`;
  writeFileSync(path.join(out, 'results.svg'), plot(results, title));
  say(table(results));
  say(`\ncalibration ${calibration.toFixed(1)} ms; ${path.relative(process.cwd(), out)}/results.json, results.svg`);
  const failed = results.some(({ error }) => error);
  const file = path.join(root, 'test/bench/baseline.json');
  if (options.updateBaseline) {
    writeBaseline(file, results, calibration);
    return Number(failed);
  }
  const baseline = options.quick && !options.against ? readBaseline(file) : undefined;
  if (!baseline) return Number(failed);
  const { text, slower } = compare(results, baseline, calibration);
  say(`\n${text}`);
  return Number(failed || slower.length > 0);
}
