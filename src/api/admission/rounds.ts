import { cloneJson } from '../../meta/clone.ts';
import type { KubeObject } from '../../meta/object.ts';
import { sameJson } from '../patch/equal.ts';
import type { AdmissionRequest, Reinvocation } from './plugin.ts';

/**
 * Which webhooks or policies are asked a second time about one request: those that want to see later changes, and were
 * asked before one. None is ever asked for the first time in the second round. Source: reinvocationcontext.go of apiserver.
 */
export class Rounds {
  /** asked, with no change since */
  private asked = new Set<string>();
  private readonly again = new Set<string>();
  private last: KubeObject | undefined;

  /** A round begins: what other plugins have changed since the last is a change to those that were asked in it. */
  begin({ begun }: Reinvocation, object: KubeObject | undefined): void {
    if (begun && !sameJson(this.last, object)) this.changed();
  }
  end(object: KubeObject | undefined): void {
    this.last = object && cloneJson(object);
  }
  isAskedAgain(id: string): boolean {
    return this.again.has(id);
  }
  wasAsked(id: string): void {
    this.asked.add(id);
  }
  changed(): void {
    for (const id of this.asked) this.again.add(id);
    this.asked = new Set();
  }
}

const rounds = new WeakMap<Reinvocation, Map<string, Rounds>>();

/** Those of a request for one plugin; both rounds have the same. */
export function roundsOf(request: AdmissionRequest, plugin: string): { rounds: Rounds; reinvocation: Reinvocation } {
  const reinvocation = (request.reinvocation ??= { needed: false, begun: false });
  let all = rounds.get(reinvocation);
  if (!all) rounds.set(reinvocation, (all = new Map()));
  let found = all.get(plugin);
  if (!found) all.set(plugin, (found = new Rounds()));
  return { rounds: found, reinvocation };
}
