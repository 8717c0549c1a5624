import type { Place } from '../kinds/facet.ts';
import { ask } from './query.ts';

const PATCH = /* GraphQL */ `
  mutation Patch($resource: String!, $namespace: String, $name: String!, $patch: JSON!) {
    patchObject(resource: $resource, namespace: $namespace, name: $name, patch: $patch)
  }
`;

/** A merge patch of one object. Throws what the server says of it. */
export const patch = (resource: string, { namespace, name }: Place, change: object): Promise<unknown> =>
  ask(PATCH, { resource, namespace, name, patch: change });
