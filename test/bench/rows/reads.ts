import type { Bench, Row } from '../row.ts';

const pods = (bench: Bench) => `/api/v1/namespaces/${bench.namespace}/pods`;
const common = { stage: 'filled', anyServer: true, quick: true } as const;

const get: Row = {
  ...common,
  name: 'get-64',
  title: 'GET one object, 64 in flight',
  measures: [{ unit: '/s', better: 'more', goal: 6_600, reference: 2_218 }],
  async run(bench) {
    return [
      (await bench.load({ method: 'GET', paths: [`${pods(bench)}/pod-1`], inFlight: 64, seconds: bench.seconds })).rate,
    ];
  },
};

const listWhole: Row = {
  ...common,
  name: 'list-whole',
  title: 'LIST 10,000 pods whole',
  measures: [{ unit: 's', better: 'less', goal: 0.3, reference: 1.65 }],
  async run(bench) {
    return [(await bench.load({ method: 'GET', paths: [pods(bench)], inFlight: 1, count: 5, seconds: 20 })).p50 / 1000];
  },
};

const PAGE = 500;
const listPaged: Row = {
  ...common,
  name: 'list-500',
  title: `LIST limit=${PAGE} through all pages, 4 clients`,
  measures: [{ unit: '/s', better: 'more', goal: 135, reference: 27 }],
  async run(bench) {
    const paths = [`${pods(bench)}?limit=${PAGE}`];
    // The pages' addresses are found once, so that the generator need not read what it gets.
    for (let at = paths[0]!; paths.length < bench.objects / PAGE;) {
      const { metadata } = await bench.request<{ metadata: { continue?: string } }>('GET', at);
      if (!metadata.continue) break;
      at = `${paths[0]}&continue=${encodeURIComponent(metadata.continue)}`;
      paths.push(at);
    }
    return [(await bench.load({ method: 'GET', paths, inFlight: 4, seconds: bench.seconds })).rate];
  },
};

const selector = (name: string, query: string, reference: number): Row => ({
  ...common,
  name: `list-${name}-none`,
  title: `LIST with a ${name} selector that matches none`,
  measures: [{ unit: 'ms', better: 'less', goal: 2, reference }],
  async run(bench) {
    return [
      (await bench.load({ method: 'GET', paths: [`${pods(bench)}?${query}`], inFlight: 1, seconds: bench.seconds / 2 }))
        .p50,
    ];
  },
});

export const READS: readonly Row[] = [
  get,
  listWhole,
  listPaged,
  selector('label', 'labelSelector=app%3Dnone', 18),
  selector('field', 'fieldSelector=spec.nodeName%3Dnone', 10),
];
