import { randomUUID } from 'node:crypto';
import { stringifyExact } from '../../go/json-numbers.ts';
import { MAX_VALUES } from '../../kinds/body-bounds.ts';
import type { Kind, WebhookConversion } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import { StatusError } from '../../meta/status.ts';
import { nextTurn } from '../fairness/turns.ts';
import type { Store } from '../../store/contract.ts';
import type { Destinations } from '../streams/destinations.ts';
import { postJson } from '../webhooks/post-json.ts';
import { readReview } from '../webhooks/read-review.ts';
import { checkedObject, convertedObjects, reviewType, reviewVersion, shownKind, type Review } from './review.ts';

const TIMEOUT_S = 30;
/** Bytes of the objects that are sent at once; a larger one goes alone. */
const BATCH_BYTES = 512 * 1024;
/** Objects that are sent at once. */
const BATCH = 100;
/**
 * Bytes of an answer, which may say more of each object than was sent: so many times what was sent, and so many more. A
 * list is kept whole, so that what each of its answers may have is multiplied.
 */
const MOST_GROWTH = 4;
const MOST_MORE = 1 << 20;
/** Values of an answer, as many as two objects may have. */
const MAX_ANSWERED = 2 * MAX_VALUES;

/** What a webhook is found and reached by. */
export interface Reach {
  readonly store: Store;
  readonly destinations: Destinations;
}

/** 500 of a webhook that has not converted what it was asked to. */
export class ConversionFailed extends StatusError {
  constructor(message: string) {
    super({ code: 500, message });
  }
}

/** Whole objects (with apiVersion and kind) of one kind in another version. Throws 500 in the words of kube-apiserver. */
export async function convertObjects(
  core: Reach,
  kind: Kind,
  objects: readonly KubeObject[],
  desired: string,
): Promise<KubeObject[]> {
  const webhook = kind.definition?.webhook;
  if (!webhook) throw new ConversionFailed(`${kind.storage.key} has no conversion webhook`);
  const converted: KubeObject[] = [];
  let batch: Batch = { objects: [], texts: [], bytes: 0 };
  const flush = async (): Promise<void> => {
    if (batch.objects.length) converted.push(...(await convertBatch(core, webhook, batch, desired)));
    batch = { objects: [], texts: [], bytes: 0 };
    await nextTurn();
  };
  for (const object of objects) {
    const text = stringifyExact(object);
    if (batch.objects.length === BATCH || (batch.bytes && batch.bytes + text.length > BATCH_BYTES)) await flush();
    batch.objects.push(object);
    batch.texts.push(text);
    batch.bytes += text.length;
  }
  await flush();
  return converted;
}

interface Batch {
  objects: KubeObject[];
  texts: string[];
  bytes: number;
}

async function convertBatch(
  core: Reach,
  { clientConfig, reviewVersions }: WebhookConversion,
  { objects, texts, bytes }: Batch,
  desired: string,
): Promise<KubeObject[]> {
  const [first] = objects;
  const what = `conversion webhook for ${first ? shownKind(first) : ''}`;
  const fail = (why: string): StatusError => new ConversionFailed(why);
  const apiVersion = reviewVersion(reviewVersions);
  if (!apiVersion) throw fail('no supported conversion review versions');
  const review: Review = { apiVersion, uid: randomUUID(), desired };
  let answered: unknown[];
  try {
    const { store, destinations } = core;
    const text = await postJson(store, destinations, {
      config: clientConfig,
      body: [reviewBody(review, texts)],
      timeoutSeconds: TIMEOUT_S,
      mostBytes: MOST_GROWTH * bytes + MOST_MORE,
    });
    await nextTurn();
    answered = convertedObjects(readReview(text, reviewType(review), MAX_ANSWERED), review);
  } catch (error) {
    throw fail(`${what} failed: ${(error as Error).message}`);
  }
  if (answered.length !== objects.length)
    throw fail(`${what} returned ${answered.length} objects, expected ${objects.length}`);
  return objects.map((object, i) => {
    try {
      return checkedObject(object, answered[i], desired);
    } catch (error) {
      throw fail(`${what} ${(error as Error).message}`);
    }
  });
}

function reviewBody({ apiVersion, uid, desired }: Review, texts: readonly string[]): Buffer {
  const head = { kind: 'ConversionReview', apiVersion, request: { uid, desiredAPIVersion: desired } };
  return Buffer.from(`${JSON.stringify(head).slice(0, -2)},"objects":[${texts.join(',')}]}}`);
}
