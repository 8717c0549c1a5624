import type { Container, EphemeralContainer, PodSpec } from '../../../schema/types.ts';

/** What a field is tried with: a pod without it and one with it, of whose container `c` and all else these are parts. */
export interface Trial {
  before: TrialPod;
  after: TrialPod;
}
export interface TrialPod {
  pod?: Partial<PodSpec>;
  container?: Partial<Container>;
  /** one that is added while the pod runs, as `kubectl debug` does it */
  ephemeral?: Partial<EphemeralContainer>;
  /** `c` does not hear signals */
  deaf?: boolean;
  /** what `c` is to have while it runs, as `kubectl patch --subresource resize` says it */
  resize?: NonNullable<Container['resources']>;
}

/** A part of the node that heeds a field by itself, on every runtime: what it makes of a thing without it and with it. */
export interface Sight {
  without: () => unknown;
  having: () => unknown;
}

/** What becomes of a field on a runtime: `works`, `refused: MESSAGE`, or who else reads it, or why nothing does. */
export interface Decision {
  process: string;
  /** where it is another than on the process runtime */
  containerd?: string;
  simulated: string;
  /**
   * How these are known: by a trial, by a part of the node that is asked, or by a test of its own, in a file that has the
   * field's full name (`EnvVar.name`) in a title; undefined where there is nothing to see on a node.
   */
  tried?: Trial | Sight | string;
  /** its type's fields are not decided one by one */
  whole?: boolean;
}

const NOTHING_RUNS = 'nothing runs';

/** Something happens on a node that runs things. */
export const works = (tried: Trial | Sight | string): Decision => ({
  process: 'works',
  simulated: NOTHING_RUNS,
  tried,
});
/** Its type's fields say what happens. */
export const parts: Decision = { process: '', simulated: '' };
/** It decides about the pod's life, or where it may be. */
export const follows = (tried: Trial | Sight | string): Decision => ({ process: 'works', simulated: 'works', tried });
/** Somebody other than the node reads it. @param tried the test that shows it */
export const elsewhere = (who: string, tried: string): Decision => ({
  process: who,
  simulated: who,
  whole: true,
  tried,
});
/** A node that runs things does not run the pod, and says this. */
export const refused = (message: string, tried: Trial): Decision => ({
  process: `refused: ${message}`,
  simulated: NOTHING_RUNS,
  tried,
  whole: true,
});
/** The same, but that a containerd does not have it, and says this. */
export const unlessContainerd = (message: string, decision: Decision): Decision => ({
  ...decision,
  containerd: `refused: ${message}`,
});
/** Nothing comes of it, as in Kubernetes on Linux. */
export const idle = (why: string): Decision => ({ process: why, simulated: why, whole: true });

/** What a function of the node's makes of one thing and of another, which differ by the field. */
export const seen = <T>(look: (of: T) => unknown, having: T, without: T): Sight => ({
  without: () => look(without),
  having: () => look(having),
});

/** The field as part of the container. */
export const inContainer = (after: Partial<Container>, before: Partial<Container> = {}): Trial => ({
  before: { container: before },
  after: { container: after },
});
/** The field as part of the pod. */
export const inPod = (after: Partial<PodSpec>, before: Partial<PodSpec> = {}): Trial => ({
  before: { pod: before },
  after: { pod: after },
});

/** The field as part of an ephemeral container. */
export const inEphemeral = (after: Partial<EphemeralContainer>, before: Partial<EphemeralContainer> = {}): Trial => ({
  before: { ephemeral: before },
  after: { ephemeral: after },
});
