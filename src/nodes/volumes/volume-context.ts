import type { Pod } from '../../../schema/types.ts';
import type { Client } from '../../client/contract.ts';
import type { Clock } from '../../rules/clock.ts';
import type { PodFacts } from '../pods/field-value.ts';
import type { ObjectSource } from '../pods/object-source.ts';

/** What the sources of a volume are made from. */
export interface VolumeContext {
  pod: Pod;
  facts: PodFacts;
  source: ObjectSource;
  client: Client;
  clock: Clock;
}
