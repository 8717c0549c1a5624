import type http2 from 'node:http2';
import { largeDefinition } from '../../support/large-definition.ts';
import { latest } from '../lateness.ts';
import { connect } from '../load/connect.ts';
import { percentile } from '../load/percentile.ts';
import { memoryOf } from '../processes.ts';
import type { Bench, Row } from '../row.ts';
import { requestOn } from '../session.ts';

const DEFINITIONS_PATH = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const COUNT = 1000;
/** What is asked again after each of some more definitions that come. */
const AGAIN = 10;
const V2 = '/openapi/v2';
const DISCOVERY = '/apis';
const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

const timed = async (act: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now();
  await act();
  return performance.now() - begun;
};

/** Definitions that are made or deleted on one connection, as a client has that installs them. */
class Definitions {
  private constructor(
    private readonly bench: Bench,
    private readonly session: http2.ClientHttp2Session,
  ) {}

  static async open(bench: Bench): Promise<Definitions> {
    return new Definitions(bench, await connect(bench.endpoint));
  }

  /** ms that it takes; a definition is served when its objects can be listed. */
  make(i: number): Promise<number> {
    const definition = largeDefinition(i);
    return timed(() => this.request('POST', DEFINITIONS_PATH, definition));
  }

  delete(i: number): Promise<number> {
    const { name } = largeDefinition(i).metadata;
    return timed(() => this.request('DELETE', `${DEFINITIONS_PATH}/${name}`));
  }

  close(): void {
    this.session.destroy();
  }

  private request(method: string, at: string, body?: unknown): Promise<string> {
    return requestOn(this.session, this.bench.endpoint, method, at, {}, body);
  }
}

async function served(bench: Bench, i: number): Promise<void> {
  const { group, names } = largeDefinition(i).spec;
  for (;;) {
    const found = await bench.request('GET', `/apis/${group}/v1/${names.plural}`).catch(() => undefined);
    if (found) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A custom kind's objects, over GraphQL; throws when the kind is not there. */
async function graphql(bench: Bench, i: number): Promise<void> {
  const { errors } = await bench.request<{ errors?: unknown }>('POST', '/graphql', {
    query: `{ resource${i}s: ${largeDefinition(i).spec.names.plural} { items { metadata { name } } } }`,
  });
  if (errors) throw new Error(JSON.stringify(errors));
}

interface Figures {
  creates: number[];
  deletes: number[];
  /** of what is made for the first time, of all definitions */
  first: number[];
  /** of what is made after one more */
  documents: number[];
  graphql: number[];
  late: number;
  memory: number;
  restart: number;
}

async function measure(bench: Bench, count: number): Promise<Figures> {
  const late: Record<string, number> = {};
  const during = async (what: string, act: () => Promise<unknown>): Promise<void> => {
    late[what] = await latest(bench, act);
    process.stderr.write(`    ${late[what].toFixed(1).padStart(6)} ms late  ${what}\n`);
  };
  const figures: Figures = {
    creates: [],
    deletes: [],
    first: [],
    documents: [],
    graphql: [],
    late: 0,
    memory: 0,
    restart: 0,
  };
  let definitions = await Definitions.open(bench);
  await during('creates', async () => {
    for (let i = 0; i < count; i++) figures.creates.push(await definitions.make(i));
    await served(bench, count - 1);
  });
  await during('first documents', async () => {
    figures.first.push(await timed(() => bench.text(V2)));
    figures.first.push(await timed(() => bench.text('/openapi/v3')));
    figures.first.push(await timed(() => bench.text(DISCOVERY, { accept: AGGREGATED })));
    figures.graphql.push(await timed(() => graphql(bench, 0)));
  });
  await during('documents after each of some more', async () => {
    for (let i = count; i < count + AGAIN; i++) {
      await definitions.make(i);
      await served(bench, i);
      figures.documents.push(await timed(() => bench.text(V2)));
      figures.documents.push(await timed(() => bench.text('/openapi/v3')));
      figures.documents.push(await timed(() => bench.text(DISCOVERY, { accept: AGGREGATED })));
      figures.graphql.push(await timed(() => graphql(bench, i)));
    }
  });
  const { server, database } = memoryOf(bench.server!.pid);
  figures.memory = server + database;
  process.stderr.write(`    ${server.toFixed()} MB server, ${database.toFixed()} MB Postgres\n`);
  definitions.close();
  figures.restart = (await bench.server!.restart()) / 1000;
  await during('start', () => served(bench, 0));
  definitions = await Definitions.open(bench);
  await during('deletes', async () => {
    for (let i = 0; i < count + AGAIN; i++) figures.deletes.push(await definitions.delete(i));
  });
  definitions.close();
  figures.late = Math.max(...Object.values(late));
  return figures;
}

const tail = (values: number[]): number => percentile(values, 0.99);

const ms = (goal: number, label: string) => ({ unit: 'ms', better: 'less', goal, label }) as const;

const many: Row = {
  name: 'definitions',
  title: '1,000 custom resource definitions of 20 to 200 kB: restart, each create and delete (p99), memory',
  stage: 'empty',
  anyServer: false,
  quick: false,
  maxRuns: 1,
  measures: [
    { unit: 's', better: 'less', goal: 5, label: 'restart' },
    ms(50, 'create'),
    ms(50, 'delete'),
    ms(50, 'late at most'),
    { unit: 'MB', better: 'less', goal: 600, label: 'memory' },
    ms(5000, 'OpenAPI and discovery for the first time'),
    ms(500, 'OpenAPI and discovery after a change'),
    ms(500, 'GraphQL after a change'),
  ],
  async run(bench) {
    const figures = await measure(bench, bench.quick ? COUNT / 10 : COUNT);
    return [
      figures.restart,
      tail(figures.creates),
      tail(figures.deletes),
      figures.late,
      figures.memory,
      Math.max(...figures.first),
      tail(figures.documents),
      tail(figures.graphql),
    ];
  },
};

export const DEFINITIONS: readonly Row[] = [many];
