import { execFields } from '../exec/exec-fields.ts';
import type { Facet } from '../schema/kind-types.ts';
import { manyFields } from './many-fields.ts';
import { mutationFields } from './mutation-fields.ts';
import { nodeFields } from './node-fields.ts';
import { podFields } from './pod-fields.ts';
import { rolloutFields } from './rollout/rollout-fields.ts';
import { scaleFields } from './scale-fields.ts';

/** All that writes objects of a kind, in the order of its fields. */
export const MUTATION_FACETS: readonly Facet[] = [
  mutationFields,
  manyFields,
  scaleFields,
  rolloutFields,
  podFields,
  execFields,
  nodeFields,
];
