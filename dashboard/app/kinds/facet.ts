import type { Kind } from '../server/kind.ts';

/** Where one object is. */
export interface Place {
  namespace: string | null;
  name: string;
}

/** What can be done with an object by a button, beside deleting, labelling and editing, which every kind has. */
export interface Action {
  id: string;
  label: string;
  /** the right that it needs, as of useRights: `patch`, `update scale` */
  needs: string;
  /** whether the page of an object offers it; it does unless this says that it would change nothing */
  applies?(object: { spec?: unknown }): boolean;
  /** asked for before it is done */
  number?: { label: string; usual: number };
  /** said before it is done, where it takes something away */
  warning?: string;
  /** asked for before it is done */
  text?: { label: string; placeholder: string; description: string; problem(text: string): string | undefined };
  run(place: Place, kind: Kind, given: Given): Promise<unknown>;
}

/** What was asked for before an action is done. */
export interface Given {
  number: number;
  text: string;
}

/** What a kind adds to the list and to the page of its objects; a kind that has no file is shown as well. */
export interface Facet {
  actions: readonly Action[];
  /** the subscription that tells its logs: `podLogs` */
  logs?: string;
  /** whether it has rolloutHistory */
  rollout?: true;
  /** the resource that tells what it uses: `pods.metrics.k8s.io` */
  usage?: string;
  /** whether it has containers in which a terminal can be opened */
  exec?: true;
  /** whether it is a node, which can be drained */
  drain?: true;
  /** Fields of an object that its page shows beside metadata and conditions, by heading: paths into its JSON. */
  facts?: readonly (readonly [heading: string, path: string])[];
  /** tables of its summary */
  panels?: readonly Panel[];
  /** whether it has data that its summary shows by its keys, and whether the values are hidden until one asks */
  data?: 'shown' | 'hidden';
}

/** A table of what an object says, below a heading; one without rows is left out. */
export interface Panel {
  title: string;
  heads: readonly string[];
  /** texts by the heads */
  rows(object: object): readonly (readonly string[])[];
}

/** @param rows of an object as the API has it, T being what of it is looked at */
export const panel = <T extends object>(
  title: string,
  heads: readonly string[],
  rows: (object: T) => readonly (readonly string[])[],
): Panel => ({ title, heads, rows: (object) => rows(object as T) });
