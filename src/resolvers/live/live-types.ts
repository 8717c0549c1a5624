import {
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
  type GraphQLOutputType,
} from 'graphql';
import type { Kind } from '../../kinds/kind.ts';
import type { Builder } from '../builder.ts';
import type { KindTypes } from '../schema/kind-types.ts';
import { namesOf } from '../schema/names.ts';
import type { LiveChange, LivePayload } from './live-event.ts';

const text = new GraphQLNonNull(GraphQLString);
const int = new GraphQLNonNull(GraphQLInt);

/** What the live queries of all kinds share. */
export function addLiveTypes(builder: Builder): void {
  builder.enumType('LiveEventType', {
    description: 'What a payload of a live query is.',
    values: {
      RESULT: { description: 'the whole result: what was known before is not to be gone on from' },
      CHANGES: { description: 'what has changed since the payload before, step by step' },
    } as const,
  });
  builder.enumType('LiveChangeType', {
    description: 'A step from one result of a live query to the next.',
    values: {
      ENTER: { description: 'the object is put in at `to`' },
      LEAVE: { description: 'what is at `from` is taken out' },
      MOVE: { description: 'what is at `from` is taken out, and put in at `to` as it is now' },
      UPDATE: { description: 'what is at `from` is another now' },
    } as const,
  });
}

/** `PodLive` */
export function liveType(kind: Kind, types: KindTypes): GraphQLObjectType {
  const type = types.object(kind);
  const name = namesOf(kind).type;
  const generic = (shared: string) => new GraphQLNonNull(types.generic(shared) as GraphQLOutputType);
  const change = new GraphQLObjectType<LiveChange>({
    name: types.claim(`${name}LiveChange`),
    description: `A step from one result to the next of a live query of ${name}. Steps are made one after the other.`,
    fields: {
      type: { type: generic('LiveChangeType'), description: 'What is to be done.' },
      from: { type: GraphQLInt, description: 'The place where it was; null for ENTER.' },
      to: { type: GraphQLInt, description: 'The place where it is; null for LEAVE.' },
      uid: { type: text, description: 'Which object.' },
      object: { type, description: 'The object as it is now; null for LEAVE.' },
    },
  });
  return new GraphQLObjectType<LivePayload>({
    name: types.claim(`${name}Live`),
    description: `The result of a live query of ${name}, or what has changed of it.`,
    fields: {
      type: { type: generic('LiveEventType'), description: 'Whether it is whole.' },
      items: { type: new GraphQLList(new GraphQLNonNull(type)), description: 'The result; null for CHANGES.' },
      changes: {
        type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(change))),
        description: 'The steps from the result before, in order.',
      },
      totalCount: { type: int, description: 'How many match, whatever `first` is.' },
      resourceVersion: { type: text, description: 'The state that the result is of.' },
      resume: { type: text, description: 'To be given as `resume`, to go on from here.' },
    },
  });
}
