import { GraphQLInt, GraphQLString, type GraphQLOutputType } from 'graphql';
import type { Kind } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { FacetFields, KindTypes } from '../schema/kind-types.ts';
import { targetOf } from '../targets.ts';
import { pageOf } from './arguments.ts';

/** `history` of an object, where it is read: for who may get it. What has no uid is a template and has none. */
export function historyField(kind: Kind, types: KindTypes): FacetFields {
  if (!kind.verbs.includes('get')) return {};
  return {
    object: {
      history: {
        type: types.generic('ChangePage') as GraphQLOutputType,
        description: 'What happened to it, newest first.',
        args: {
          first: { type: GraphQLInt, description: 'at most 500, 50 when not said' },
          after: { type: GraphQLString, description: '`continue` of the page before' },
        },
        resolve({ metadata }: KubeObject, args: { first?: number | null; after?: string | null }, { api, request }) {
          if (!metadata?.uid) return null;
          return api.history(request, targetOf(kind, metadata), {}, pageOf(args));
        },
      },
    },
  };
}
