import type { BundleAnswer, StepAnswer, Target } from '../../api/contract.ts';
import type { Kind } from '../../kinds/kind.ts';
import { apiVersionOf } from '../../meta/gvk.ts';

/** What became of one object of a bundle. */
export interface BundleObject {
  apiVersion: string;
  kindName: string;
  namespace: string;
  name: string;
  /** undefined where it is not served */
  kind: Kind | undefined;
  /** why it is to go, if it is */
  gone: 'PRUNED' | 'DELETED' | undefined;
  answer: Pick<StepAnswer, 'before' | 'after' | 'refusal' | 'warnings'>;
}

export interface BundleResult {
  revisions: BundleAnswer['revisions'];
  refused: boolean;
  /** in the order in which they were asked for */
  objects: BundleObject[];
}

export const bundleObject = (
  { kind, namespace, name }: Target,
  gone: BundleObject['gone'],
  answer: StepAnswer,
): BundleObject => ({ apiVersion: apiVersionOf(kind), kindName: kind.kind, namespace, name, kind, gone, answer });

/**
 * Whether nothing was in the way but that others have written what was looked up for the bundle: then it is looked up
 * anew. @param from the first step that was made of what was looked up
 */
export const isOvertaken = ({ refused, steps }: BundleAnswer, from = 0): boolean =>
  refused &&
  steps.every(({ refusal }, i) => !refusal || (i >= from && ['NotFound', 'Conflict'].includes(refusal.reason)));
