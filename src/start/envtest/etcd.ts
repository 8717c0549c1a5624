import { createServer, type Server } from 'node:http';
import path from 'node:path';
import { errorMessage } from '../../meta/error-message.ts';
import { startEmbeddedPostgres } from '../../store/embedded.ts';
import { closeDataFolder } from '../data-folder.ts';
import { stopWithParent } from '../follow-parent.ts';
import { DATA_PATH } from './etcd-data.ts';
import { flagUsage, parseGoFlags } from './go-flags.ts';

const FLAGS = new Set(
  `advertise-client-urls auto-compaction-mode auto-compaction-retention data-dir enable-v2 force-new-cluster
  heartbeat-interval initial-advertise-peer-urls initial-cluster initial-cluster-state initial-cluster-token
  listen-client-urls listen-metrics-urls listen-peer-urls log-level logger max-request-bytes max-txn-ops name
  quota-backend-bytes snapshot-count unsafe-no-fsync`.split(/\s+/),
);
const SWITCHES = new Set(['enable-v2', 'force-new-cluster', 'unsafe-no-fsync']);

/** Under the name and the flags of etcd: a Postgres in `--data-dir`, and at the client URL whether it is well and where. */
async function main(argv: string[]): Promise<void> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(flagUsage('etcd', FLAGS));
    return;
  }
  const flags = parseGoFlags(argv, FLAGS, SWITCHES);
  const data = path.resolve(flags.get('data-dir')?.at(-1) ?? 'default.etcd');
  const log = (line: string) => process.stderr.write(`${new Date().toISOString()} ${line}\n`);
  closeDataFolder(data, log);
  const durable = flags.get('unsafe-no-fsync')?.at(-1) !== 'true';
  const template = process.env['KU7S_TEMPLATE'];
  const starting = startEmbeddedPostgres({
    dataDir: path.join(data, 'postgres'),
    durable,
    ...(template !== undefined && { template }),
    log,
  });
  const servers: Server[] = [];
  const end = async () => {
    for (const server of servers) server.close().closeAllConnections();
    await (await starting).stop();
  };
  const stop = () =>
    void end().then(
      () => process.exit(0),
      (error: unknown) => {
        log(errorMessage(error));
        process.exit(1);
      },
    );
  process.on('SIGINT', stop).on('SIGTERM', stop);
  stopWithParent(stop);
  const urls = (flags.get('listen-client-urls')?.at(-1) ?? 'http://127.0.0.1:2379').split(',');
  // well before Postgres is: kube-apiserver, which is started then, reads its own program meanwhile
  const where = () => starting.then(() => ({ data }));
  const listening = urls.map(async (url) => servers.push(await listen(new URL(url), where)));
  try {
    await Promise.all([starting, ...listening]);
  } catch (error) {
    await end();
    throw error;
  }
  process.stdout.write(`etcd of ku7s is ready at ${urls.join(', ')}\n`);
}

/** @param where answers where the data is, once it can be connected to; who asks earlier waits */
function listen({ hostname, port }: URL, where: () => Promise<object>): Promise<Server> {
  const answers = new Map<string, () => Promise<object>>([
    ['/health', () => Promise.resolve({ health: 'true', reason: '' })],
    [DATA_PATH, where],
  ]);
  const server = createServer((request, response) => {
    const known = answers.get(request.url ?? '');
    const answer = known ? known() : Promise.resolve({ error: 'not found' });
    void answer.then(
      (body) => {
        response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' });
        response.end(`${JSON.stringify(body)}\n`);
      },
      () => response.destroy(),
    );
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(port), hostname.replace(/^\[|\]$/g, ''), () => resolve(server));
  });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`Error: ${errorMessage(error)}\n`);
  process.exit(1);
});
