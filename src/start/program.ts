import { runApi } from './api-server.ts';
import { packageVersion } from './package-version.ts';
import { whatNext } from './banner.ts';
import { writeAssets } from './envtest/assets.ts';
import { identityOf } from './identity.ts';
import { stopWithParent } from './follow-parent.ts';
import { lockRole } from './lock.ts';
import { loginLink } from './login-link.ts';
import { startLoopThread, type LoopThread } from './loop-thread.ts';
import { closeDataFolder } from './data-folder.ts';
import { createLogger } from './logger.ts';
import { loopSettings, type Report } from './loop-settings.ts';
import { parseOptions, type Options } from './options.ts';
import { StartError } from './start-error.ts';

/** Ctrl-C must be done within this, ms; what still runs then is left behind with a line that says so. */
const STOP_MS = 10_000;

/**
 * What shares a thread: the API has the main one to itself; controllers, scheduler and nodes share a second. Without
 * the API in this process they have the main one, and a socket to the API.
 */
async function start(options: Options, log: Report): Promise<() => Promise<void>> {
  closeDataFolder(options.data, log);
  for (const role of options.roles) lockRole(options.data, role);
  const loops = [...options.roles].some((role) => role !== 'api');
  if (!options.roles.has('api')) {
    // a process of the API never needs them: half of the program
    const { startLoopsApart } = await import('./loops-apart.ts');
    return startLoopsApart(options, options.server!, log);
  }
  const began = Date.now();
  let thread: LoopThread | undefined;
  const api = await runApi(options, log, async () => (await thread?.metrics()) ?? []);
  thread = loops
    ? await startLoopThread(
        loopSettings(options, api.ca, identityOf(options.data)),
        api.graphql.executor,
        log,
        (why) => {
          log(why);
          process.exitCode = 1;
          process.kill(process.pid, 'SIGTERM');
        },
      )
    : undefined;
  process.stdout.write(whatNext(options, api, Date.now() - began));
  return async () => {
    await thread?.stop();
    await api.stop();
  };
}

async function run(argv: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const [command, ...rest] = argv;
  if (command === 'login-link') {
    process.stdout.write(`${await loginLink(rest, env)}\n`);
    return;
  }
  if (command === 'envtest') {
    const [folder, ...more] = rest;
    if (folder === undefined || folder.startsWith('-') || more.length > 0)
      throw new StartError('usage: ku7s envtest DIR');
    process.stdout.write(`${await writeAssets(folder, env)}\n`);
    return;
  }
  const options = parseOptions(argv, env, packageVersion());
  if (typeof options === 'string') {
    process.stdout.write(`${options}\n`);
    return;
  }
  const log = createLogger(options.logging);
  // A promise that nobody waited for is a defect, but no reason to drop every other client.
  process.on('unhandledRejection', (error) => log(`unhandled: ${(error as Error)?.stack ?? String(error)}`));
  const starting = start(options, log);
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => {
      log('not everything has stopped in time');
      process.exit(1);
    }, STOP_MS + options.nodeLimits.shutdown.total).unref();
    starting
      .then((end) => end())
      .then(
        () => process.exit(),
        (error: Error) => {
          log(error.message);
          process.exit(1);
        },
      );
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  stopWithParent(stop);
  await starting;
}

/** Does what a command line asks for; what is wrong is one line, and exit code 1. */
export async function runProgram(argv: string[], env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await run(argv, env);
  } catch (error) {
    process.stderr.write(`ku7s: ${lineOf(error as NodeJS.ErrnoException)}\n`);
    process.exit(1);
  }
}

function lineOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') return `${error.message}: the port is in use; choose another with --secure-port`;
  return error instanceof StartError || error.code ? error.message : (error.stack ?? String(error));
}
