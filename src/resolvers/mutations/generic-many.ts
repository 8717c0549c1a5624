import { ARGUMENTS } from '../argument-texts.ts';
import type { Builder } from '../builder.ts';
import { namedTarget } from '../targets.ts';
import type { BundleResultRef } from './bundle-fields.ts';
import { deleteMany, updateMany } from './many-fields.ts';

/** `updateObjects` and `deleteObjects`: of a resource that is known by its name. */
export function addGenericMany(builder: Builder, result: BundleResultRef): void {
  builder.mutationFields((t) => {
    const selection = {
      resource: t.arg.string({ required: true, description: ARGUMENTS.resource }),
      version: t.arg.string({ description: ARGUMENTS.version }),
      namespace: t.arg.string({ description: ARGUMENTS.namespace }),
      namespaces: t.arg.stringList({ description: ARGUMENTS.namespaces }),
      labelSelector: t.arg.string({ description: ARGUMENTS.labelSelector }),
      fieldSelector: t.arg.string({ description: ARGUMENTS.fieldSelector }),
      where: t.arg({ type: 'JSON', description: "as the kind's own field takes it" }),
      expectCount: t.arg.int({ description: 'Where there are more or fewer, nothing is written.' }),
      dryRun: t.arg.boolean({ description: ARGUMENTS.dryRun }),
    };
    return {
      updateObjects: t.field({
        type: result,
        nullable: true,
        description: 'Merge-patches all that are selected, or none.',
        args: {
          ...selection,
          patch: t.arg({ type: 'JSON', required: true, description: ARGUMENTS.patch }),
          fieldManager: t.arg.string({ description: ARGUMENTS.fieldManager }),
          fieldValidation: t.arg.string({ description: ARGUMENTS.fieldValidation }),
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
        args: {
          ...selection,
          gracePeriodSeconds: t.arg.int({ description: ARGUMENTS.gracePeriodSeconds }),
          propagationPolicy: t.arg.string({ description: ARGUMENTS.propagationPolicy }),
        },
        resolve: (_, args, context) =>
          deleteMany(context, namedTarget(context, 'list', args).kind, { ...args, where: args.where as unknown }),
      }),
    };
  });
}
