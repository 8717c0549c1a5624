import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage } from '../../meta/error-message.ts';
import type { AgentContext } from './agent-context.ts';

/**
 * Ends and removes all that belongs to pods that went while no agent ran: containers, mounts, files, logs, addresses.
 * What cannot be removed is told of, and keeps nothing else; volumes are tried again, the rest by the next start.
 * @param isKnown asked of each pod when its turn comes, for others may come meanwhile
 */
export async function collectPods(isKnown: (uid: string) => boolean, context: AgentContext): Promise<void> {
  const { podsDir, logs, network, devices, cgroups, log } = context;
  const attempt = (what: string, work: Promise<void>): Promise<void> =>
    work.catch((error: unknown) =>
      log('what an earlier pod left is not removed', { what, error: errorMessage(error) }),
    );
  for (const uid of await readdir(podsDir).catch(() => []))
    if (!isKnown(uid)) await attempt(`pod ${uid}`, collectPod(uid, context));
  if (cgroups) await attempt('cgroups', cgroups.collect(isKnown));
  await attempt('devices', devices.collect(isKnown));
  await attempt('logs', logs.collect(isKnown));
  await attempt('addresses', network.collect(isKnown));
}

async function collectPod(uid: string, { podsDir, runtime, volumes }: AgentContext): Promise<void> {
  const pod = { namespace: '', name: '', uid };
  const containers = join(podsDir, uid, 'containers');
  for (const name of await readdir(containers).catch(() => [])) {
    const attempts = (await readdir(join(containers, name)).catch(() => [])).map(Number).filter(Number.isInteger);
    for (const attempt of attempts) {
      const place = { pod, name, attempt };
      const container = await runtime.adopt(place);
      container?.kill();
      await container?.exited;
      // ends what was only about to begin
      if (!container) await runtime.exitOf(place);
    }
  }
  await runtime.removePod(pod);
  await volumes.collect(uid);
}
