import { stringifyExact } from '../../go/json-numbers.ts';
import { newObject } from '../../api/new-object.ts';
import type { WatchEvent } from '../../api/contract.ts';
import { objectBytes } from '../../kinds/encode.ts';
import type { Kind } from '../../kinds/kind.ts';
import { normalizeObject } from '../../kinds/normalize.ts';
import { encodeProtobuf } from '../../kinds/protobuf/envelope.ts';
import { encodeWatchFrame } from '../../kinds/protobuf/watch-frame.ts';
import { apiVersionOf } from '../../meta/gvk.ts';
import type { KubeObject, ObjectMeta } from '../../meta/object.ts';
import type { Status } from '../../meta/status.ts';
import { protobufBytes } from '../encoding/object.ts';
import { partialBytes, partialMetadata, partialObject } from '../encoding/partial.ts';
import type { Media } from '../negotiation/negotiate.ts';
import { tableOfEvent, type IncludeObject } from '../table/table.ts';

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';
const END = Buffer.from('}\n');
const prefixOf = (type: string): Buffer => Buffer.from(`{"type":"${type}","object":`);
const prefixes = { ADDED: prefixOf('ADDED'), MODIFIED: prefixOf('MODIFIED'), DELETED: prefixOf('DELETED') };

/** Turns events into the bytes of one watch's form. What is the same for all watchers is made once per revision. */
export class Framer {
  private first = true;
  /** whether what is large in a frame is the cache's own, and the same for all */
  readonly shared: boolean;

  constructor(
    private readonly kind: Kind,
    private readonly media: Media,
    private readonly include: IncludeObject,
    private readonly now: () => number,
  ) {
    this.shared = media.format === 'protobuf' || (media.format === 'json' && !media.as);
  }

  /** Buffers that together are one event's frame. */
  event({ type, stored }: WatchEvent): Buffer[] {
    const { kind, media } = this;
    if (media.format === 'protobuf') return [this.protobuf(type, stored)];
    if (media.as) {
      const object = media.as.kind === 'Table' ? this.table(stored) : partialBytes(kind, stored, media.as.version);
      return [prefixes[type], object, END];
    }
    if (kind.convert) return [prefixes[type], objectBytes(kind, stored), END];
    return [prefixes[type], kind.storage.head, stored.bytes.subarray(1), END];
  }

  bookmark(revision: number, initialEventsEnd: boolean): Buffer[] {
    const { metadata } = newObject({
      resourceVersion: String(revision),
      ...(initialEventsEnd && { annotations: { [INITIAL_EVENTS_END]: 'true' } }),
    });
    return this.whole('BOOKMARK', this.bookmarkObject(metadata));
  }

  error(status: Status): Buffer[] {
    return this.whole('ERROR', status);
  }

  private whole(type: string, object: { apiVersion?: string; kind?: string }): Buffer[] {
    if (this.media.format === 'protobuf')
      return [encodeWatchFrame(type, encodeProtobuf(object.apiVersion ?? '', object.kind ?? '', object))];
    return [Buffer.from(`${stringifyExact({ type, object })}\n`)];
  }

  private bookmarkObject(metadata: ObjectMeta) {
    const { kind, media } = this;
    if (media.as?.kind === 'Table') {
      const row = { cells: [], object: partialObject(metadata, media.as.version) };
      const { resourceVersion } = metadata;
      return {
        kind: 'Table',
        apiVersion: `meta.k8s.io/${media.as.version}`,
        metadata: { resourceVersion },
        columnDefinitions: null,
        rows: [row],
      };
    }
    if (media.as) return partialObject(metadata, media.as.version);
    const bare: KubeObject = { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata };
    return kind.custom ? bare : normalizeObject(kind.schema, bare);
  }

  private table(stored: WatchEvent['stored']): Buffer {
    const bytes = tableOfEvent(this.kind, stored, this.media.as!.version, this.include, this.now(), this.first);
    this.first = false;
    return bytes;
  }

  private protobuf(type: string, stored: WatchEvent['stored']): Buffer {
    const version = this.media.as?.version;
    return stored.encoded(`protobuf watch ${type} ${version ? `metadata ${version}` : apiVersionOf(this.kind)}`, () =>
      encodeWatchFrame(
        type,
        version
          ? encodeProtobuf(
              `meta.k8s.io/${version}`,
              'PartialObjectMetadata',
              partialObject(partialMetadata(this.kind, stored.object.metadata), version),
            )
          : protobufBytes(this.kind, stored),
      ),
    );
  }
}
