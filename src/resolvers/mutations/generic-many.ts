import type { Builder } from '../builder.ts';
import { namedTarget } from '../targets.ts';
import type { BundleResultRef } from './bundle-fields.ts';
import { deleteMany, updateMany } from './many-fields.ts';

/** `updateObjects` and `deleteObjects`: of a resource that is known by its name. */
export function addGenericMany(builder: Builder, result: BundleResultRef): void {
  builder.mutationFields((t) => {
    const selection = {
      resource: t.arg.string({ required: true, description: '`pods`, `deployments.apps`' }),
      version: t.arg.string(),
      namespace: t.arg.string(),
      namespaces: t.arg.stringList(),
      labelSelector: t.arg.string(),
      fieldSelector: t.arg.string(),
      where: t.arg({ type: 'JSON', description: "as the kind's own field takes it" }),
      expectCount: t.arg.int({ description: 'Where there are more or fewer, nothing is written.' }),
      dryRun: t.arg.boolean(),
    };
    return {
      updateObjects: t.field({
        type: result,
        nullable: true,
        description: 'Merge-patches all that are selected, or none.',
        args: {
          ...selection,
          patch: t.arg({ type: 'JSON', required: true }),
          fieldManager: t.arg.string(),
          fieldValidation: t.arg.string(),
        },
        resolve: (_, args, context) =>
          updateMany(context, namedTarget(context, 'list', args).kind, {
            ...args,
            where: args.where as unknown,
            patch: args.patch as unknown,
          }),
      }),
      deleteObjects: t.field({
        type: result,
        nullable: true,
        description: 'Deletes all that are selected, or none.',
        args: { ...selection, gracePeriodSeconds: t.arg.int(), propagationPolicy: t.arg.string() },
        resolve: (_, args, context) =>
          deleteMany(context, namedTarget(context, 'list', args).kind, { ...args, where: args.where as unknown }),
      }),
    };
  });
}
