import { ARGUMENTS } from '../argument-texts.ts';
import type { Builder } from '../builder.ts';
import { counted } from '../context.ts';
import { MANAGED_FIELDS, namedTarget } from '../targets.ts';
import { withoutManagedFields } from '../managed-fields.ts';
import { apiVersionOf } from '../../meta/gvk.ts';
import { deletePreview, FATES, heldBy, type DeletePreview, type Reached } from './delete-preview.ts';

/** `deletePreview`: what a delete would take along. */
export function addDeletePreview(builder: Builder): void {
  const fate = builder.enumType('DeletionFate', {
    description: 'What becomes of an object when another is deleted.',
    values: FATES,
  });
  const reached = builder.objectRef<Reached>('DeletionReached').implement({
    description: 'An object that a deletion reaches.',
    fields: (t) => ({
      fate: t.field({ type: fate, description: 'what becomes of it', resolve: (one) => one.fate }),
      depth: t.exposeInt('depth', { description: 'steps from what is deleted' }),
      apiVersion: t.string({ description: '`apps/v1`', resolve: ({ kind }) => apiVersionOf(kind) }),
      kind: t.string({ description: '`Deployment`', resolve: ({ kind }) => kind.kind }),
      namespace: t.string({
        nullable: true,
        description: 'null: it is cluster-wide',
        resolve: ({ object }) => object.metadata.namespace,
      }),
      name: t.string({ description: 'metadata.name', resolve: ({ object }) => object.metadata.name }),
      uid: t.string({ description: 'metadata.uid', resolve: ({ object }) => object.metadata.uid }),
      heldBy: t.stringList({ description: 'finalizers for which it waits', resolve: ({ object }) => heldBy(object) }),
      object: t.field({
        type: 'JSON',
        description: 'as it is now',
        args: { managedFields: t.arg.boolean({ ...MANAGED_FIELDS, defaultValue: false }) },
        resolve: ({ object }, { managedFields }) => (managedFields ? object : withoutManagedFields(object)),
      }),
    }),
  });
  const preview = builder.objectRef<DeletePreview>('DeletePreview').implement({
    description: 'What a delete would take along, as far as you may read.',
    fields: (t) => ({
      propagationPolicy: t.exposeString('propagationPolicy', {
        description: 'the policy that holds: what was asked, or the default',
      }),
      truncated: t.exposeBoolean('truncated', { description: 'there is more than `first` objects' }),
      deleted: t.int({
        description: 'objects that go',
        resolve: (one) => one.reached.filter(({ fate: of }) => of === 'DELETED').length,
      }),
      objects: t.field({
        type: [reached],
        description: 'nearest first, the object itself before all',
        resolve: ({ reached }, _, context, info) => counted(reached, context, info) as Reached[],
      }),
    }),
  });
  builder.queryField('deletePreview', (t) =>
    t.field({
      type: preview,
      nullable: true,
      description:
        'What a delete would take along: the blast radius by owners, namespaces and definitions. Writes nothing.',
      args: {
        resource: t.arg.string({ required: true, description: ARGUMENTS.resource }),
        version: t.arg.string({ description: ARGUMENTS.version }),
        namespace: t.arg.string({ description: ARGUMENTS.namespace }),
        name: t.arg.string({ required: true, description: ARGUMENTS.name }),
        propagationPolicy: t.arg.string({ description: "Orphan, Background or Foreground; the kind's default" }),
        first: t.arg.int({ description: 'objects that are looked for, 500 by default' }),
      },
      resolve: (_, args, context, info) =>
        deletePreview(context, context.snapshotOf(info), namedTarget(context, 'get', args), args),
    }),
  );
}
