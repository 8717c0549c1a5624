import type { Container, Probe } from '../../../schema/types.ts';
import type { ContainerRuntime, RunningContainer } from '../runtimes/runtime.ts';
import { grpcProbe } from './grpc-probe.ts';
import { httpProbe } from './http-probe.ts';
import { failure, success, type ProbeResult } from './probe-result.ts';
import { tcpProbe } from './tcp-probe.ts';

export interface ProbeTarget {
  runtime: ContainerRuntime;
  running: RunningContainer;
  container: Container;
  podIP: string;
}

/** Output of a probe's command that is kept for its message. */
const MAX_OUTPUT = 10 * 1024;

/** A port by number or by the name it has in the container; undefined when there is no such name. */
export function portOf(container: Container, port: number | string): number | undefined {
  if (typeof port === 'number') return port;
  return container.ports?.find((each) => each.name === port)?.containerPort ?? (Number(port) || undefined);
}

/** Runs a probe once. */
export async function runProbe(probe: Probe, target: ProbeTarget): Promise<ProbeResult> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  const { container, podIP } = target;
  if (probe.exec) return execProbe(target, probe.exec.command ?? [], timeoutMs);
  if (probe.grpc) return grpcProbe(probe.grpc.service ?? '', podIP, probe.grpc.port, timeoutMs);
  const action = probe.httpGet ?? probe.tcpSocket;
  if (!action) return failure(`missing probe handler for ${container.name}`);
  const port = portOf(container, action.port);
  if (!port) return failure(`couldn't find port: ${action.port} in container ${container.name}`);
  const host = action.host || podIP;
  return probe.httpGet ? httpProbe(probe.httpGet, host, port, timeoutMs) : tcpProbe(host, port, timeoutMs);
}

/** A command's exit code and the start of its output, or undefined when it took longer than `timeoutMs` and was ended. */
export async function runCommand(
  { runtime, running }: Pick<ProbeTarget, 'runtime' | 'running'>,
  command: readonly string[],
  timeoutMs: number,
): Promise<{ code: number; output: string } | undefined> {
  const session = runtime.exec(running, command);
  const chunks: Buffer[] = [];
  let size = 0;
  session.onOutput((_, chunk) => {
    if (size < MAX_OUTPUT) chunks.push(chunk.subarray(0, MAX_OUTPUT - size));
    size += chunk.length;
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), timeoutMs)));
  const code = await Promise.race([session.exited, late]);
  clearTimeout(timer);
  if (code === undefined) {
    session.kill();
    return undefined;
  }
  return { code, output: Buffer.concat(chunks).toString() };
}

async function execProbe(target: ProbeTarget, command: readonly string[], timeoutMs: number): Promise<ProbeResult> {
  const result = await runCommand(target, command, timeoutMs);
  if (!result)
    return failure(`command timed out: ${JSON.stringify(command.join(' '))} timed out after ${timeoutMs / 1000}s`);
  return result.code === 0 ? success : failure(result.output);
}
