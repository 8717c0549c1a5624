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
  const postgres = await startEmbeddedPostgres({ dataDir: path.join(data, 'postgres'), durable, log });
  const servers: Server[] = [];
  const stop = () => {
    for (const server of servers) server.close().closeAllConnections();
    void postgres.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log(errorMessage(error));
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  stopWithParent(stop);
  const urls = (flags.get('listen-client-urls')?.at(-1) ?? 'http://127.0.0.1:2379').split(',');
  try {
    for (const url of urls) servers.push(await listen(new URL(url), data));
  } catch (error) {
    await postgres.stop();
    throw error;
  }
  process.stdout.write(`etcd of ku7s is ready at ${urls.join(', ')}\n`);
}

function listen({ hostname, port }: URL, data: string): Promise<Server> {
  const answers = new Map([
    ['/health', { health: 'true', reason: '' }],
    [DATA_PATH, { data }],
  ] as [string, object][]);
  const server = createServer((request, response) => {
    const answer = answers.get(request.url ?? '');
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(answer ?? { error: 'not found' })}\n`);
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
