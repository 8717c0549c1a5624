import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** another API server to measure with the rows that any API server has; undefined: our own is started */
  against: string | undefined;
  token: string | undefined;
  /** PEM file; without it the certificate of `against` is not verified */
  ca: string | undefined;
  /** row names to run */
  only: RegExp;
  quick: boolean;
  large: boolean;
  updateBaseline: boolean;
  profile: boolean;
  /** instead of the rows: how costs grow (study/), and the server under more than it can do (overload/) */
  study: boolean;
  overload: boolean;
  /** objects of the reading rows */
  objects: number;
  /** runs per row, of which the median counts */
  runs: number;
  /** length of a run that is measured by rate */
  seconds: number;
}

export const USAGE = `usage: npm run bench -- [options]

  --quick             fewer and shorter runs (within a minute), as ratios to test/bench/baseline.json
  --only REGEXP       rows whose name matches
  --against URL --token T [--ca FILE]   the REST rows against any Kubernetes API server
  --profile           a CPU profile and a flame graph of the server per row, in test/bench/out/
  --update-baseline   writes test/bench/baseline.json from this run (implies --quick)
  --large             also 150,000 pods (some minutes)
  --study             instead of the rows: cost by number of objects, by API processes, and the store beside etcd (6 minutes;
                      --objects N is the largest number of objects, 100000 unless said; --only 'objects|processes|etcd')
  --overload          instead of the rows: ten times the load that the server can serve (1½ minutes)
  --objects N         objects of the reading rows (default 10000; quick: 2000)
  --runs N, --seconds S   runs per row, seconds per run`;

/** Returns the text to print instead of running, for --help. Throws on an unknown option or a value that is no number. */
export function parseBenchOptions(argv: readonly string[]): BenchOptions | string {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: {
      against: text,
      token: text,
      ca: text,
      only: text,
      objects: text,
      runs: text,
      seconds: text,
      quick: flag,
      large: flag,
      'update-baseline': flag,
      profile: flag,
      study: flag,
      overload: flag,
      help: flag,
    },
  });
  if (values.help) return USAGE;
  const number = (name: 'objects' | 'runs' | 'seconds', otherwise: number): number => {
    const value = Number(values[name] ?? otherwise);
    if (!(value > 0)) throw new Error(`--${name}: ${values[name]} is not a number above 0`);
    return value;
  };
  if (values.against && !values.token) throw new Error('--against needs --token');
  const quick = values.quick || values['update-baseline'];
  return {
    against: values.against?.replace(/\/+$/, ''),
    token: values.token,
    ca: values.ca,
    only: new RegExp(values.only ?? ''),
    quick,
    large: values.large,
    updateBaseline: values['update-baseline'],
    profile: values.profile,
    study: values.study,
    overload: values.overload,
    objects: number('objects', values.study ? 100_000 : quick || values.overload ? 2_000 : 10_000),
    runs: number('runs', quick || values.profile ? 1 : 3),
    seconds: number('seconds', quick ? 1 : 2),
  };
}
