import { GraphQLList, GraphQLNonNull, GraphQLObjectType } from 'graphql';
import type { Kind } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import { isStatusError } from '../../meta/status.ts';
import type { Builder } from '../builder.ts';
import type { KindTypes } from '../schema/kind-types.ts';
import { namesOf } from '../schema/names.ts';

/** A field that somebody else owns. */
export interface ApplyConflict {
  /** undefined where no message names one */
  manager: string | undefined;
  field: string;
  message: string;
}
/** What became of an apply: the object, or who stands in its way. */
export interface Applied {
  object: KubeObject | null;
  conflicts: readonly ApplyConflict[];
}

export function addApplyConflict(builder: Builder): void {
  builder.objectRef<ApplyConflict>('ApplyConflict').implement({
    description: 'A field of an apply that another manager owns.',
    fields: (t) => ({
      manager: t.string({
        nullable: true,
        description: 'who owns it; null where the message names nobody',
        resolve: ({ manager }) => manager,
      }),
      field: t.exposeString('field', { description: '`.spec.replicas`' }),
      message: t.exposeString('message', { description: 'the same in words' }),
    }),
  });
}

/** `PodApplied` */
export const appliedType = (kind: Kind, types: KindTypes): GraphQLObjectType =>
  new GraphQLObjectType({
    name: types.claim(`${namesOf(kind).type}Applied`),
    description: 'The object, or the conflicts for which nothing was applied.',
    fields: () => ({
      object: { type: types.object(kind), description: 'as it is now; null where there are conflicts' },
      conflicts: {
        description: 'fields that others own; none: it was applied',
        type: new GraphQLNonNull(
          new GraphQLList(new GraphQLNonNull(types.generic('ApplyConflict') as GraphQLObjectType)),
        ),
      },
    }),
  });

/** An apply with its conflicts as data; everything else that refuses it is an error as ever. */
export async function tryApply(apply: () => Promise<KubeObject>): Promise<Applied> {
  try {
    return { object: await apply(), conflicts: [] };
  } catch (error) {
    const causes = isStatusError(error, 'Conflict') ? (error.status.details?.causes ?? []) : [];
    const conflicts = causes.filter(({ reason }) => reason === 'FieldManagerConflict');
    if (!conflicts.length) throw error;
    return {
      object: null,
      conflicts: conflicts.map(({ field = '', message = '' }) => ({
        manager: /^conflict with ("(?:[^"\\]|\\.)*")/.exec(message)?.[1]?.slice(1, -1),
        field,
        message,
      })),
    };
  }
}
