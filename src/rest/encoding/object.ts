import { isStatusAnswer } from '../../api/answer.ts';
import type { Answer, ObjectAnswer } from '../../api/contract.ts';
import { objectBytes, objectOf } from '../../kinds/encode.ts';
import type { Kind } from '../../kinds/kind.ts';
import { encodeProtobuf } from '../../kinds/protobuf/envelope.ts';
import { apiVersionOf } from '../../meta/gvk.ts';
import { notAcceptable } from '../../meta/status.ts';
import type { Stored } from '../../store/contract.ts';
import type { Media } from '../negotiation/negotiate.ts';
import { tableOfObject, type IncludeObject } from '../table/table.ts';
import { metadataOf, partialBytes, partialObject } from './partial.ts';
import { encodePlain, encodeStatus } from './status.ts';

const NEW_LINE = Buffer.from('\n');

/** An enveloped protobuf object of a stored revision, made once for all who want it. */
export const protobufBytes = (kind: Kind, stored: Stored): Buffer =>
  stored.encoded(`protobuf ${apiVersionOf(kind)}`, () =>
    encodeProtobuf(apiVersionOf(kind), kind.kind, objectOf(kind, stored)),
  );

/** Any whole object that is not transformed. */
const encodeObject = (object: { apiVersion?: string; kind?: string }, media: Media): Buffer =>
  media.format === 'protobuf'
    ? encodeProtobuf(object.apiVersion ?? '', object.kind ?? '', object)
    : encodePlain(object, media);

/**
 * The bytes of one object's answer. What is in the store goes out as its bytes are; all else is made from the object.
 * Throws 406 where the client asked for a list form of a single object.
 */
export function encodeAnswer(answer: Answer, media: Media, include: IncludeObject, now: number): Buffer {
  if (isStatusAnswer(answer)) return encodeStatus(answer.object, media);
  if (media.as) return encodeTransformed(answer, media, include, now);
  const { kind, stored } = answer;
  if (!stored || !kind) return encodeObject(answer.object, media);
  if (media.format === 'protobuf') return protobufBytes(kind, stored);
  if (media.format === 'yaml' || media.pretty) return encodePlain(answer.object, media);
  if (kind.convert) return Buffer.concat([objectBytes(kind, stored), NEW_LINE]);
  return Buffer.concat([kind.storage.head, stored.bytes.subarray(1), NEW_LINE]);
}

function encodeTransformed(answer: ObjectAnswer, media: Media, include: IncludeObject, now: number): Buffer {
  const { kind: form, version } = media.as!;
  if (form === 'PartialObjectMetadataList') {
    throw notAcceptable(
      `you requested PartialObjectMetadataList, but the requested object is not a list (${goType(answer)})`,
    );
  }
  if (form === 'Table') {
    return encodeObject(tableOfObject(answer, version, include, now), media);
  }
  if (answer.kind && answer.stored && media.format === 'json' && !media.pretty)
    return Buffer.concat([partialBytes(answer.kind, answer.stored, version), NEW_LINE]);
  return encodeObject(partialObject(metadataOf(answer), version), media);
}

/** `*core.Pod`: how the message names the object's type. */
const goType = ({ kind, object }: ObjectAnswer): string =>
  kind?.custom ? '*unstructured.Unstructured' : `*${kind?.group.split('.', 1)[0] || 'core'}.${object.kind}`;
