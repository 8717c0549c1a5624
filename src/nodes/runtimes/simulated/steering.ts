import type { Pod } from '../../../../schema/types.ts';

const PREFIX = 'simulated.ku7s.io/';

/**
 * What annotations of a pod tell the simulation:
 * `simulated.ku7s.io/start-seconds`, how long it takes to start;
 * `run-seconds`, how long its containers run before they end;
 * `exit-code`, what they end with;
 * `failure-rate`, from 0 to 1, how many runs end with 1 instead;
 * `ready: "false"`, it never gets ready;
 * `stuck`, the reason for which its containers never start: `ErrImagePull`;
 * `exec-exit-code`, what commands in it end with.
 */
export interface Steering {
  startMs?: number;
  runMs?: number;
  exitCode: number;
  failureRate: number;
  ready: boolean;
  stuck?: string;
  execExitCode: number;
}

/** What the pod's annotations say; those that are no numbers say nothing. @param failureRate of pods that say none */
export function steeringOf({ metadata }: Pick<Pod, 'metadata'>, failureRate = 0): Steering {
  const text = (name: string): string | undefined => metadata.annotations?.[PREFIX + name];
  const number = (name: string): number | undefined => {
    const value = Number(text(name) || NaN);
    return Number.isFinite(value) && value >= 0 ? value : undefined;
  };
  const [start, run, stuck] = [number('start-seconds'), number('run-seconds'), text('stuck')];
  return {
    ...(start !== undefined && { startMs: start * 1000 }),
    ...(run !== undefined && { runMs: run * 1000 }),
    ...(stuck && { stuck }),
    exitCode: Math.min(255, Math.trunc(number('exit-code') ?? 0)),
    execExitCode: Math.min(255, Math.trunc(number('exec-exit-code') ?? 0)),
    failureRate: Math.min(1, number('failure-rate') ?? failureRate),
    ready: text('ready') !== 'false',
  };
}
