import { objectOf } from '../kinds/encode.ts';
import type { Kind } from '../kinds/kind.ts';
import type { KubeObject } from '../meta/object.ts';
import type { Status, StatusDetails } from '../meta/status.ts';
import type { Stored } from '../store/contract.ts';
import type { Answer, ObjectAnswer, StatusAnswer } from './contract.ts';

class StoredAnswer implements ObjectAnswer {
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
export const storedAnswer = (kind: Kind, stored: Stored, code = 200): ObjectAnswer =>
  new StoredAnswer(code, kind, stored);

/** An object that is not in the store. `kind` is undefined for those that no resource serves (Scale). */
export const objectAnswer = (kind: Kind | undefined, object: KubeObject, code = 200): ObjectAnswer => ({
  code,
  kind,
  object,
});

/** What became of a request that answers no object. `code` is HTTP's, whatever the status says. */
export const statusAnswer = (code: number, object: Status): StatusAnswer => ({ code, kind: undefined, object });

/** Status Success. */
export const successAnswer = (code: number, details?: StatusDetails): StatusAnswer =>
  statusAnswer(code, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    ...(details && { details }),
    ...(code !== 200 && { code }),
  });

/** A custom kind may be called Status too: its answers have their kind. */
export const isStatusAnswer = (answer: Answer): answer is StatusAnswer =>
  answer.kind === undefined && answer.object.kind === 'Status';
