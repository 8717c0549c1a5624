import { errorMessage } from '../../meta/error-message.ts';
import { StartError } from '../start-error.ts';
import { API_FLAGS, etcdOf, parseApiFlags, startArguments } from './api-flags.ts';
import { dataFolderOf } from './etcd-data.ts';
import { flagUsage } from './go-flags.ts';

/** ku7s under the name and the flags of kube-apiserver, beside the `etcd` that holds its data. */
async function main(argv: string[]): Promise<void> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(flagUsage('kube-apiserver', [...API_FLAGS].sort()));
    return;
  }
  const flags = parseApiFlags(argv);
  const etcd = etcdOf(flags);
  if (etcd === undefined) throw new StartError('--etcd-servers must be specified');
  const { DATABASE_URL: _, ...env } = process.env;
  // after --help, which is asked for before each start; the data may take as long to be there
  const [data, { runProgram }] = await Promise.all([dataFolderOf(etcd), import('../program.ts')]);
  await runProgram(startArguments(flags, data, env), env);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`Error: ${errorMessage(error)}\n`);
  process.exit(1);
});
