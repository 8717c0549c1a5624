import { ARGUMENTS } from '../argument-texts.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Builder } from '../builder.ts';
import { MANAGED_FIELDS, deleteOptions, namedTarget, writeOptions } from '../targets.ts';
import { wholeAnswer } from '../whole.ts';

/** `createObject`, `updateObject`, `patchObject`, `deleteObject`: the writes of the loops. */
export function addGenericMutations(builder: Builder): void {
  const patchType = builder.enumType('PatchType', {
    description: 'What a patch is: how it says what is to change.',
    values: {
      MERGE: {
        value: 'application/merge-patch+json',
        description: 'a part of the object: its fields replace those that are there, null removes one (RFC 7386)',
      },
      JSON: {
        value: 'application/json-patch+json',
        description: 'a list of operations, each with its path (RFC 6902)',
      },
      STRATEGIC: {
        value: 'application/strategic-merge-patch+json',
        description: 'as MERGE, where lists are merged by the keys of their items; not for custom kinds',
      },
      APPLY: {
        value: 'application/apply-patch+yaml',
        description: 'server-side apply: all fields that the field manager wants to own',
      },
    } as const,
  });

  builder.mutationFields((t) => {
    const target = {
      resource: t.arg.string({ required: true, description: ARGUMENTS.resource }),
      version: t.arg.string({ description: ARGUMENTS.version }),
      namespace: t.arg.string({ description: ARGUMENTS.namespace }),
    };
    const write = {
      subresource: t.arg.string({ description: ARGUMENTS.subresource }),
      dryRun: t.arg.boolean({ description: ARGUMENTS.dryRun }),
      fieldManager: t.arg.string({ description: ARGUMENTS.fieldManager }),
      fieldValidation: t.arg.string({ description: ARGUMENTS.fieldValidation }),
      managedFields: t.arg.boolean(MANAGED_FIELDS),
    };
    return {
      createObject: t.field({
        type: 'JSON',
        nullable: true,
        description:
          'Creates an object; answers it as it is then. `name` is only for a subresource (eviction, binding, token): else it is in the object.',
        args: {
          ...target,
          ...write,
          name: t.arg.string({ description: ARGUMENTS.name }),
          object: t.arg({ type: 'JSON', required: true, description: ARGUMENTS.object }),
        },
        async resolve(_, args, context) {
          const object = context.own(args.object as KubeObject);
          const name = args.name ?? (args.subresource ? object.metadata?.name : '');
          const target = namedTarget(context, 'create', { ...args, name });
          return wholeAnswer(await context.api.create(context.request, target, { object }, writeOptions(args)), args);
        },
      }),
      updateObject: t.field({
        type: 'JSON',
        nullable: true,
        description: 'Replaces an object; answers it as it is then.',
        args: {
          ...target,
          ...write,
          name: t.arg.string({ required: true, description: ARGUMENTS.name }),
          object: t.arg({ type: 'JSON', required: true, description: ARGUMENTS.object }),
        },
        async resolve(_, args, context) {
          const target = namedTarget(context, 'update', args);
          const object = context.own(args.object as KubeObject);
          return wholeAnswer(await context.api.update(context.request, target, { object }, writeOptions(args)), args);
        },
      }),
      patchObject: t.field({
        type: 'JSON',
        nullable: true,
        description:
          'Changes an object by a patch; answers it as it is then. A merge patch unless `type` says otherwise; APPLY is server-side apply.',
        args: {
          ...target,
          ...write,
          name: t.arg.string({ required: true, description: ARGUMENTS.name }),
          type: t.arg({ type: patchType, defaultValue: 'application/merge-patch+json', description: ARGUMENTS.type }),
          patch: t.arg({ type: 'JSON', required: true, description: ARGUMENTS.patch }),
          force: t.arg.boolean({ description: `of an apply: ${ARGUMENTS.force}` }),
        },
        async resolve(_, args, context) {
          const { api, request, own } = context;
          const target = namedTarget(context, 'patch', args);
          const options = { ...writeOptions(args), ...(args.force && { force: true }) };
          const type = args.type ?? 'application/merge-patch+json';
          // An apply without a manager of its own is the connection's: loops need not name themselves twice.
          if (type === 'application/apply-patch+yaml') options.fieldManager ??= request.agent;
          return wholeAnswer(await api.patch(request, target, type, { value: own(args.patch) }, options), args);
        },
      }),
      deleteObject: t.field({
        type: 'JSON',
        nullable: true,
        description: 'Deletes an object; answers it as it was last, or a Status.',
        args: {
          ...target,
          name: t.arg.string({ required: true, description: ARGUMENTS.name }),
          gracePeriodSeconds: t.arg.int({ description: ARGUMENTS.gracePeriodSeconds }),
          propagationPolicy: t.arg.string({ description: ARGUMENTS.propagationPolicy }),
          uid: t.arg.string({ description: ARGUMENTS.uid }),
          resourceVersion: t.arg.string({ description: ARGUMENTS.resourceVersion }),
          dryRun: t.arg.boolean({ description: ARGUMENTS.dryRun }),
          managedFields: t.arg.boolean(MANAGED_FIELDS),
        },
        async resolve(_, args, context) {
          const target = namedTarget(context, 'delete', args);
          return wholeAnswer(await context.api.delete(context.request, target, deleteOptions(args)), args);
        },
      }),
    };
  });
}
