import type { KubeObject } from '../../meta/object.ts';
import type { Builder } from '../builder.ts';
import { MANAGED_FIELDS, deleteOptions, namedTarget, writeOptions } from '../targets.ts';
import { wholeAnswer } from '../whole.ts';

/** `createObject`, `updateObject`, `patchObject`, `deleteObject`: the writes of the loops. */
export function addGenericMutations(builder: Builder): void {
  const patchType = builder.enumType('PatchType', {
    values: {
      MERGE: { value: 'application/merge-patch+json' },
      JSON: { value: 'application/json-patch+json' },
      STRATEGIC: { value: 'application/strategic-merge-patch+json' },
      APPLY: { value: 'application/apply-patch+yaml' },
    } as const,
  });

  builder.mutationFields((t) => {
    const target = {
      resource: t.arg.string({ required: true }),
      version: t.arg.string(),
      namespace: t.arg.string(),
    };
    const write = {
      subresource: t.arg.string(),
      dryRun: t.arg.boolean(),
      fieldManager: t.arg.string(),
      fieldValidation: t.arg.string(),
      managedFields: t.arg.boolean(MANAGED_FIELDS),
    };
    return {
      createObject: t.field({
        type: 'JSON',
        nullable: true,
        description: '`name` only for a subresource (eviction, binding, token); else it is in the object.',
        args: { ...target, ...write, name: t.arg.string(), object: t.arg({ type: 'JSON', required: true }) },
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
        args: {
          ...target,
          ...write,
          name: t.arg.string({ required: true }),
          object: t.arg({ type: 'JSON', required: true }),
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
        description: 'A merge patch unless `type` says otherwise; APPLY is server-side apply.',
        args: {
          ...target,
          ...write,
          name: t.arg.string({ required: true }),
          type: t.arg({ type: patchType, defaultValue: 'application/merge-patch+json' }),
          patch: t.arg({ type: 'JSON', required: true }),
          force: t.arg.boolean(),
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
        description: 'The object as it was, or a Status.',
        args: {
          ...target,
          name: t.arg.string({ required: true }),
          gracePeriodSeconds: t.arg.int(),
          propagationPolicy: t.arg.string(),
          uid: t.arg.string(),
          resourceVersion: t.arg.string(),
          dryRun: t.arg.boolean(),
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
