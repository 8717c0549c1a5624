import { objectOf } from '../kinds/encode.ts';
import type { Kind } from '../kinds/kind.ts';
import type { KubeObject } from '../meta/object.ts';
import type { StatusDetails } from '../meta/status.ts';
import type { Stored } from '../store/contract.ts';
import type { Answer } from './contract.ts';

class StoredAnswer implements Answer {
  private made: KubeObject | undefined;
  constructor(
    readonly code: number,
    readonly kind: Kind,
    readonly stored: Stored,
  ) {}
  get object(): KubeObject {
    return (this.made ??= objectOf(this.kind, this.stored));
  }
}

/** An object of the store; its whole form in `kind`'s version is made only if somebody asks. */
export const storedAnswer = (kind: Kind, stored: Stored, code = 200): Answer => new StoredAnswer(code, kind, stored);

/** An object that is not in the store. `kind` is undefined for those that no resource serves (Scale, Status). */
export const objectAnswer = (kind: Kind | undefined, object: KubeObject, code = 200): Answer => ({
  code,
  kind,
  object,
});

/** Status Success. A status has no metadata of an object. */
export const successAnswer = (code: number, details?: StatusDetails): Answer =>
  objectAnswer(
    undefined,
    {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      ...(details && { details }),
      ...(code !== 200 && { code }),
    } as unknown as KubeObject,
    code,
  );
