import { BOOKMARKS, EVENT_REVISION, FROM, INITIAL_EVENTS_END } from './watch-texts.ts';
import {
  type GraphQLFieldConfigArgumentMap,
  GraphQLBoolean,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
} from 'graphql';
import type { Kind } from '../../kinds/kind.ts';
import { PLAIN } from '../compiled/plain.ts';
import type { ObjectEvent } from './object-event.ts';
import { beginWatch, type WatchArguments } from './watching.ts';
import type { FacetFields, KindTypes } from '../schema/kind-types.ts';
import { namesOf } from '../schema/names.ts';
import { selectionArguments } from '../where/list-arguments.ts';

/** Where a watch begins, and what it tells besides. */
const WATCH: GraphQLFieldConfigArgumentMap = {
  resourceVersion: {
    type: GraphQLString,
    description: FROM,
  },
  bookmarks: {
    type: GraphQLBoolean,
    defaultValue: false,
    description: BOOKMARKS,
  },
};

/** `podsWatch(…)`: one payload per event, typed, and as JSON for who asks for it. */
export function watchFields(kind: Kind, types: KindTypes): FacetFields {
  if (!kind.verbs.includes('watch')) return {};
  return {
    subscription: {
      [`${namesOf(kind).many}Watch`]: {
        type: types.event(kind),
        description: `What happens to \`${namesOf(kind).many}\`, one event a payload; who reads too slowly is cut with 429 and resumes.`,
        args: { ...selectionArguments(kind, types), ...WATCH },
        subscribe: (_, args: WatchArguments, context) => beginWatch(context, [kind], args, (events) => events),
        resolve: (value: ObjectEvent) => value,
      },
    },
  };
}

/** `PodEvent` */
export const eventType = (kind: Kind, types: KindTypes): GraphQLObjectType<ObjectEvent> =>
  new GraphQLObjectType<ObjectEvent>({
    name: types.claim(`${namesOf(kind).type}Event`),
    description: `What has happened to an object of \`${kind.resource}\`.`,
    fields: {
      type: { type: new GraphQLNonNull(GraphQLString), description: 'ADDED, MODIFIED, DELETED or BOOKMARK' },
      object: {
        type: types.object(kind),
        description: 'as it is now; as it was last where it is gone',
        extensions: PLAIN,
        resolve: (event) => event.object,
      },
      oldObject: {
        type: types.object(kind),
        description: 'what MODIFIED has changed, while it is known',
        extensions: PLAIN,
        resolve: (event) => event.oldObject,
      },
      changedPaths: {
        type: new GraphQLList(new GraphQLNonNull(GraphQLString)),
        description: 'which fields differ from `oldObject`: `status.phase`',
        extensions: PLAIN,
        resolve: (event) => event.changedPaths,
      },
      json: {
        type: types.scalars.any,
        description: 'the same object as JSON',
        extensions: PLAIN,
        resolve: (event) => event.json,
      },
      resourceVersion: { type: GraphQLString, description: EVENT_REVISION },
      initialEventsEnd: { type: GraphQLBoolean, description: INITIAL_EVENTS_END },
    },
  });
