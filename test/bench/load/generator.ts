import { Arrivals } from './arrivals.ts';
import { runFlood } from './flood.ts';
import type { Command, Report, StreamSpec } from './messages.ts';
import { runLoad } from './requests.ts';
import { openSubscriptions } from './subscriptions.ts';
import { openWatches } from './watches.ts';

/** A process of its own, so that what it costs is not charged to the server nor stalls the one who measures. */
const report = (message: Report) => process.send!(message);
let go = () => {};

async function runStreams(id: number, spec: StreamSpec) {
  const arrivals = new Arrivals(spec);
  const close = await (spec.kind === 'watch' ? openWatches : openSubscriptions)(spec, arrivals);
  try {
    await new Promise<void>((resolve) => {
      go = resolve;
      report({ id, type: 'open' });
    });
    return await arrivals.wait();
  } finally {
    close();
  }
}

process.on('message', (command: Command) => {
  if (command.type === 'go') return go();
  const running =
    command.type === 'load'
      ? runLoad(command.spec)
      : command.type === 'flood'
        ? runFlood(command.spec)
        : runStreams(command.id, command.spec);
  running.then(
    (result) => report({ id: command.id, type: 'result', result }),
    (error: Error) => report({ id: command.id, type: 'failed', error: error.message }),
  );
});
process.on('disconnect', () => process.exit());
