import type { Container, Probe } from '../../../schema/types.ts';
import { Prober } from '../probes/prober.ts';
import { runProbe, type ProbeTarget } from '../probes/run-probe.ts';
import type { AgentContext } from './agent-context.ts';

export interface ProbeEffects {
  /** false while the container is being stopped, or its postStart hook runs */
  active(): boolean;
  started(): boolean;
  setStarted(): void;
  setReady(ready: boolean): void;
  /** a probe that ends the container failed as often as it may */
  kill(kind: 'liveness' | 'startup', probe: Probe): void;
  warn(message: string): void;
}

const TITLE = { startup: 'Startup', readiness: 'Readiness', liveness: 'Liveness' } as const;

/** Starts the probes of a running container; the other two wait for the startup probe. @returns how to stop them */
export function startProbes(
  container: Container,
  target: ProbeTarget,
  context: AgentContext,
  effects: ProbeEffects,
): () => void {
  const probers: Prober[] = [];
  const add = (
    kind: keyof typeof TITLE,
    probe: Probe | undefined,
    onVerdict: (healthy: boolean, probe: Probe) => void,
  ): void => {
    if (!probe) return;
    const active = (): boolean => effects.active() && (kind === 'startup' ? !effects.started() : effects.started());
    probers.push(
      new Prober({
        probe,
        clock: context.clock,
        random: context.random,
        startedAt: target.running.startedAt,
        run: () => runProbe(probe, target),
        active,
        onFailure: (message) => effects.warn(`${TITLE[kind]} probe failed: ${message}`),
        onVerdict: (healthy) => onVerdict(healthy, probe),
      }),
    );
  };
  add('startup', container.startupProbe, (healthy, probe) =>
    healthy ? effects.setStarted() : effects.kill('startup', probe),
  );
  add('readiness', container.readinessProbe, (healthy) => effects.setReady(healthy));
  add('liveness', container.livenessProbe, (healthy, probe) => !healthy && effects.kill('liveness', probe));
  return () => probers.forEach((prober) => prober.stop());
}
