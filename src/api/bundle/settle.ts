import { objectOf } from '../../kinds/encode.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Key, Stored } from '../../store/contract.ts';
import { isStatusAnswer, objectAnswer, storedAnswer } from '../answer.ts';
import type { Answer, BundleStep, ObjectAnswer, StepAnswer } from '../contract.ts';
import type { Conversions } from '../conversion/conversions.ts';
import { ConversionFailed } from '../conversion/convert.ts';
import { hasWebhook } from '../conversion/stored-version.ts';
import { keyOf } from '../target.ts';
import { isUnwritten, type StagedStore } from './staged-store.ts';
import type { Walked } from './walk.ts';

/** What the commit made of a key; undefined where it was not written. */
export type Committed = (key: Key) => Stored | undefined;

/**
 * What the steps answer once the bundle is written, or was rehearsed: objects are at their revisions. One that was
 * written by several steps has one revision, that of the bundle's last write of it.
 */
export async function settle(
  { step, walked }: { step: BundleStep; walked: Walked },
  staged: StagedStore,
  committed: Committed,
  conversions: Conversions,
): Promise<StepAnswer> {
  const { kind } = step.target;
  const { before, after, answer, refusal, warnings } = walked;
  const answered = async (stored: Stored, code?: number): Promise<ObjectAnswer> =>
    storedAnswer(kind, await inVersion(conversions, kind, stored), code);
  const whole = async (stored: Stored, code?: number): Promise<ObjectAnswer> => {
    if (!isUnwritten(stored)) return answered(stored, code);
    const written = committed(stored);
    if (!written) {
      const object = objectOf(kind, await inVersion(conversions, kind, stored));
      return objectAnswer(kind, withVersion(object, staged.baseOf(stored)), code);
    }
    if (staged.get(stored) === stored) return answered(written, code);
    return answered(stored.deletedAt?.(written.revision) ?? written, code);
  };
  const told = async (one: Answer): Promise<Answer> => {
    if (isStatusAnswer(one)) return one;
    if (one.stored) return whole(one.stored, one.code);
    if (one.object.metadata?.resourceVersion !== '0') return one;
    const key = keyOf(step.target);
    return objectAnswer(one.kind, withVersion(one.object, committed(key) ?? staged.baseOf(key)), one.code);
  };
  const isSame = after === before;
  const [was, is, says] = await Promise.all([
    before && whole(before),
    !isSame && after ? whole(after) : undefined,
    answer && told(answer),
  ]);
  return {
    before: was,
    after: isSame ? was : is,
    answer: says,
    refusal,
    warnings,
  };
}

/** What a webhook does not convert is an error where it is read, and not of the bundle: what was written is written. */
async function inVersion(conversions: Conversions, kind: Kind, stored: Stored): Promise<Stored> {
  if (!hasWebhook(kind)) return stored;
  try {
    return (await conversions.converted(kind, [stored]))[0] ?? stored;
  } catch (error) {
    if (error instanceof ConversionFailed) return stored;
    throw error;
  }
}

/** At the version of what is there; a dry run makes no new one. */
function withVersion(object: KubeObject, stored: Stored | undefined): KubeObject {
  const { resourceVersion: _, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: (stored ? { ...metadata, resourceVersion: String(stored.revision) } : metadata) as KubeObject['metadata'],
  };
}
