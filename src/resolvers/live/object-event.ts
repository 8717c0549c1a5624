import type { WatchEvent } from '../../api/contract.ts';
import type { Kind } from '../../kinds/kind.ts';
import { diffObjects } from '../../meta/diff.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Status } from '../../meta/status.ts';
import type { Stored } from '../../store/contract.ts';
import type { JsonWriter } from '../json-text.ts';
import { typeMetaOf } from '../targets.ts';
import { WholeObject, wholeObject } from '../whole.ts';

/** An event as a subscription's fields read it. */
export interface ObjectEvent {
  readonly type: WatchEvent['type'] | 'BOOKMARK' | 'ERROR';
  readonly resourceVersion: string;
  readonly initialEventsEnd?: boolean | undefined;
  /** parsed when somebody asks; null for BOOKMARK and ERROR */
  readonly object: KubeObject | null;
  /** the same as one scalar; null for BOOKMARK and ERROR */
  readonly json: WholeObject | null;
  /** of ERROR: why */
  readonly status?: Status;
  /** what MODIFIED has changed; null for the others, and where it is not known any more */
  readonly oldObject: KubeObject | null;
  /** the paths that differ; null where `oldObject` is */
  readonly changedPaths: readonly string[] | null;
  /** as an item of a batch */
  write(out: JsonWriter): void;
  toJSON(): unknown;
}

/** An object's event. What is not asked for is not made. */
export class StoredEvent implements ObjectEvent {
  readonly type: WatchEvent['type'];
  readonly json: WholeObject;
  readonly resourceVersion: string;
  private readonly previous: Stored | undefined;

  constructor(
    private readonly kind: Kind,
    { type, stored, previous }: WatchEvent,
    managedFields: boolean,
  ) {
    this.type = type;
    this.previous = type === 'MODIFIED' ? previous : undefined;
    this.json = new WholeObject(kind, stored, managedFields);
    this.resourceVersion = String(stored.revision);
  }
  get object(): KubeObject {
    return this.json.toJSON();
  }
  get oldObject(): KubeObject | null {
    return this.previous ? wholeObject(this.kind, this.previous) : null;
  }
  get changedPaths(): readonly string[] | null {
    const { oldObject, kind } = this;
    return oldObject && diffObjects(oldObject, this.object, kind.schema).map(({ path }) => path);
  }
  write(out: JsonWriter): void {
    out.text += `{"type":"${this.type}","object":`;
    this.json.write(out);
    out.text += '}';
  }
  toJSON(): unknown {
    return { type: this.type, object: this.object };
  }
}

/** What is told of a watch itself, and of no object. */
abstract class WatchNote implements ObjectEvent {
  abstract readonly type: 'BOOKMARK' | 'ERROR';
  readonly object = null;
  readonly json = null;
  readonly oldObject = null;
  readonly changedPaths = null;
  readonly resourceVersion: string;

  constructor(revision: number) {
    this.resourceVersion = String(revision);
  }
  write(out: JsonWriter): void {
    out.text += JSON.stringify(this);
  }
  abstract toJSON(): unknown;
}

/** Of one of several kinds nothing is told any more: all until `resourceVersion` has been. */
export class KindEnd extends WatchNote {
  readonly type = 'ERROR';
  readonly status: Status;

  constructor({ group, resource }: Kind, revision: number, status: Status) {
    super(revision);
    this.status = { ...status, details: { ...status.details, group, kind: resource } };
  }
  toJSON(): unknown {
    return { type: this.type, object: this.status };
  }
}

/** How far the watch is. */
export class Bookmark extends WatchNote {
  readonly type = 'BOOKMARK';
  readonly initialEventsEnd: true | undefined;

  constructor(
    private readonly kind: Kind,
    revision: number,
    initialEventsEnd: boolean,
  ) {
    super(revision);
    this.initialEventsEnd = initialEventsEnd || undefined;
  }
  toJSON(): unknown {
    const { type, kind, resourceVersion, initialEventsEnd } = this;
    const annotations = initialEventsEnd && { annotations: { 'k8s.io/initial-events-end': 'true' } };
    return {
      type,
      object: { ...typeMetaOf(kind), metadata: { resourceVersion, ...annotations } },
      ...(initialEventsEnd && { initialEventsEnd }),
    };
  }
}
