import type { Kind } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Stored } from '../../store/contract.ts';
import { wholeObject } from '../whole.ts';

/** A stored object as filters and orders of a kind read it: in its version; without kind and apiVersion where none is needed. */
export const objectFor = (kind: Kind, stored: Stored): KubeObject =>
  kind.convert ? wholeObject(kind, stored) : stored.object;
