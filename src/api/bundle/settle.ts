import { objectOf } from '../../kinds/encode.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Key, Stored } from '../../store/contract.ts';
import { isStatusAnswer, objectAnswer, storedAnswer } from '../answer.ts';
import type { Answer, BundleStep, ObjectAnswer, StepAnswer } from '../contract.ts';
import { keyOf } from '../target.ts';
import { isUnwritten, type StagedStore } from './staged-store.ts';
import type { Walked } from './walk.ts';

/** What the commit made of a key; undefined where it was not written. */
export type Committed = (key: Key) => Stored | undefined;

/**
 * What the steps answer once the bundle is written, or was rehearsed: objects are at their revisions. One that was
 * written by several steps has one revision, that of the bundle's last write of it.
 */
export function settle(step: BundleStep, walked: Walked, staged: StagedStore, committed: Committed): StepAnswer {
  const { kind } = step.target;
  const { before, after, answer, refusal, warnings } = walked;
  const whole = (stored: Stored, code?: number): ObjectAnswer => {
    if (!isUnwritten(stored)) return storedAnswer(kind, stored, code);
    const written = committed(stored);
    if (!written) return objectAnswer(kind, withVersion(objectOf(kind, stored), staged.baseOf(stored)), code);
    if (staged.get(stored) === stored) return storedAnswer(kind, written, code);
    return storedAnswer(kind, stored.deletedAt?.(written.revision) ?? written, code);
  };
  const told = (one: Answer): Answer => {
    if (isStatusAnswer(one)) return one;
    if (one.stored) return whole(one.stored, one.code);
    if (one.object.metadata?.resourceVersion !== '0') return one;
    const key = keyOf(step.target);
    return objectAnswer(one.kind, withVersion(one.object, committed(key) ?? staged.baseOf(key)), one.code);
  };
  return {
    before: before && whole(before),
    after: after && whole(after),
    answer: answer && told(answer),
    refusal,
    warnings,
  };
}

/** At the version of what is there; a dry run makes no new one. */
function withVersion(object: KubeObject, stored: Stored | undefined): KubeObject {
  const { resourceVersion: _, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: (stored ? { ...metadata, resourceVersion: String(stored.revision) } : metadata) as KubeObject['metadata'],
  };
}
