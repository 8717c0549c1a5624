import type { Client } from '../client/contract.ts';
import { unlessGone } from '../control/conflict.ts';
import type { Clock } from '../rules/clock.ts';
import { isStatusError } from '../meta/status.ts';
import type { Manifest } from './addon.ts';
import { pause } from './pause.ts';

/** Between attempts while the API cannot be reached or is busy, ms: doubling from the first to the last. */
const FIRST_MS = 1000;
const LAST_MS = 30_000;

export interface InstallOptions {
  client: Client;
  /** field manager of what is applied */
  manager: string;
  clock: Clock;
  log(message: string, fields?: Record<string, unknown>): void;
  signal: AbortSignal;
}

/**
 * Applies the manifests until each is there, or is refused, which is said. An object that is as it is declared is not
 * written. Where somebody else has changed a declared field, it is the add-on's again.
 */
export async function install(manifests: readonly Manifest[], options: InstallOptions): Promise<void> {
  const { clock, log, signal } = options;
  let left = [...manifests];
  for (let wait = FIRST_MS; left.length && !signal.aborted; wait = Math.min(LAST_MS, wait * 2)) {
    const errors = await Promise.all(left.map((manifest) => apply(manifest, options)));
    errors.forEach((error, i) => {
      if (error !== undefined && !mayPass(error))
        log('not installed', { what: nameOf(left[i]!), error: textOf(error) });
    });
    const waiting = errors.find(mayPass);
    if (waiting === undefined) return;
    log('not installed yet', { error: textOf(waiting) });
    left = left.filter((_, i) => mayPass(errors[i]));
    await pause(clock, wait, signal);
  }
}

/** One attempt. @returns the error, if there was one */
export async function apply(manifest: Manifest, { client, manager }: InstallOptions): Promise<unknown> {
  const { resource, object, once = false, isOthers } = manifest;
  const { namespace = '', name } = object.metadata;
  try {
    if (once || isOthers) {
      const live = await unlessGone(client.get<string>(resource, namespace, name));
      if (live && (once || isOthers?.(live as never))) return undefined;
    }
    await client.patch(resource, namespace, name, object, { type: 'apply', fieldManager: manager, force: true });
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Whether the same may go well later: the API is away or busy, or another process was quicker. */
const mayPass = (error: unknown): boolean =>
  error !== undefined && (!isStatusError(error) || error.code >= 500 || error.code === 429 || error.code === 409);

const nameOf = ({ object }: Manifest): string => `${object.kind} ${object.metadata.name}`;
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
