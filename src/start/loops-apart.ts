import { createClient } from '../client/client.ts';
import { readKubeconfig } from '../client/kubeconfig.ts';
import { socketTransport } from '../client/transports/socket.ts';
import { systemClock } from '../rules/clock.ts';
import { makeCertificate } from './certificates.ts';
import { identityOf } from './identity.ts';
import { loopSettings, type Report } from './loop-settings.ts';
import { runLoops } from './loops.ts';
import { serveLoops } from './loops-server.ts';
import type { Options } from './options.ts';

/** Controllers, scheduler and nodes in this thread, with a socket to the API at `server`. The result ends them. */
export async function startLoopsApart(options: Options, server: string, log: Report): Promise<() => Promise<void>> {
  const endpoint = { ...readKubeconfig(options.kubeconfig), server };
  const transport = socketTransport(endpoint);
  const running = await runLoops(loopSettings(options, endpoint.ca ?? '', identityOf(options.data)), transport, log);
  const { roles, loopsPort: port, bindAddress: address } = options;
  const own = await serveLoops({
    roles,
    address,
    port,
    certificate: () => makeCertificate({ commonName: 'ku7s-loops' }, undefined, ['localhost', address]),
    client: createClient(transport),
    clock: systemClock,
    metrics: () => running.metrics(),
    log,
  });
  process.stdout.write(`ku7s: ${[...roles].join(', ')} of ${server}\n`);
  return () => {
    own?.close();
    return running.stop();
  };
}
