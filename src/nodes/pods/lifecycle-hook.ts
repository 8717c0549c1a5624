import type { LifecycleHandler } from '../../../schema/types.ts';
import type { Clock } from '../../rules/clock.ts';
import { httpProbe } from '../probes/http-probe.ts';
import { portOf, runCommand, type ProbeTarget } from '../probes/run-probe.ts';

/** Runs a postStart or preStop hook. @returns what went wrong, undefined when nothing did */
export async function runHook(
  handler: LifecycleHandler,
  target: ProbeTarget,
  timeoutMs: number,
  clock: Clock,
): Promise<string | undefined> {
  const { container, podIP } = target;
  if (handler.exec) {
    const command = handler.exec.command ?? [];
    const result = await runCommand(target, command, timeoutMs);
    if (!result) return `command '${command.join(' ')}' timed out`;
    if (result.code === 0) return undefined;
    return (
      `Exec lifecycle hook (${JSON.stringify(command)}) for Container ${JSON.stringify(container.name)} failed - error: ` +
      `command '${command.join(' ')}' exited with ${result.code}: ${result.output}, message: ${JSON.stringify(result.output)}`
    );
  }
  if (handler.httpGet) {
    const port = portOf(container, handler.httpGet.port);
    if (!port) return `couldn't find port: ${handler.httpGet.port}`;
    const result = await httpProbe(handler.httpGet, handler.httpGet.host || podIP, port, timeoutMs);
    return result.ok ? undefined : result.message;
  }
  if (handler.sleep) {
    const ms = Math.min(handler.sleep.seconds * 1000, timeoutMs);
    await new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
  }
  return undefined;
}
