import { ARGUMENTS } from '../argument-texts.ts';
import type { UndoAnswer, Undoing } from '../../api/contract.ts';
import type { UndoRefusal } from '../../api/history/contract.ts';
import { badRequest } from '../../meta/status.ts';
import { checkNames } from '../checked-names.ts';
import { counted } from '../context.ts';
import type { Builder } from '../builder.ts';
import { namedTarget, writeOptions } from '../targets.ts';
import { wholeAnswer } from '../whole.ts';
import type { FieldChangeRef } from '../field-change.ts';
import { addChangeTypes } from './change-types.ts';
import { filterOf, matcherOf, pageOf } from './arguments.ts';

/** `history`, `changes` and `undo`. */
export function addHistoryFields(builder: Builder, fieldChange: FieldChangeRef): void {
  const page = addChangeTypes(builder, fieldChange);
  builder.queryFields((t) => {
    const filter = {
      user: t.arg.string({ description: 'who wrote' }),
      verbs: t.arg.stringList({ description: 'create, update, patch, apply, delete, or subresources' }),
      since: t.arg({ type: 'Time', description: 'what was written then or later' }),
      until: t.arg({ type: 'Time', description: 'what was written then or before' }),
      first: t.arg.int({ description: 'at most 500, 50 when not said' }),
      after: t.arg.string({ description: '`continue` of the page before' }),
    };
    return {
      history: t.field({
        type: page,
        description: 'What happened to one object, also to one that is gone: for who may get it.',
        args: {
          resource: t.arg.string({ required: true, description: ARGUMENTS.resource }),
          version: t.arg.string({ description: ARGUMENTS.version }),
          namespace: t.arg.string({ description: ARGUMENTS.namespace }),
          name: t.arg.string({ required: true, description: ARGUMENTS.name }),
          ...filter,
        },
        resolve(_, args, context) {
          const target = namedTarget(context, 'get', args);
          return context.api.history(context.request, target, filterOf(args), pageOf(args));
        },
      }),
      changes: t.field({
        type: page,
        description: 'What happened, wherever you may list: the rest is left out.',
        args: {
          kinds: t.arg.stringList({ description: 'resources: `pods`, `deployments.apps`' }),
          namespaces: t.arg.stringList({ description: 'leaves out what is in none' }),
          changeSet: t.arg.string({ description: 'of one request' }),
          where: t.arg({
            type: 'JSON',
            description:
              'With `kinds`, which all have the fields: what it became, or was where it is gone, as the `where` of a list. Nothing that is confidential matches.',
          }),
          ...filter,
        },
        resolve(_, args, { api, request }) {
          const { kinds, namespaces } = args;
          checkNames({ kinds, namespaces });
          return api.changes(
            request,
            { kinds: kinds ?? undefined, namespaces: namespaces ?? undefined },
            { ...filterOf(args), matches: matcherOf(api.registry, kinds, args.where) },
            pageOf(args),
          );
        },
      }),
    };
  });
  addUndo(builder);
}

function addUndo(builder: Builder): void {
  const refusal = builder.objectRef<UndoRefusal>('UndoRefusal').implement({
    description: 'Why a change cannot be taken back.',
    fields: (t) => ({
      resource: t.string({ description: '`pods`, `deployments.apps`', resolve: ({ key }) => key.resource }),
      namespace: t.string({
        nullable: true,
        description: 'null: it is cluster-wide',
        resolve: ({ key }) => key.namespace || null,
      }),
      name: t.string({ description: 'metadata.name', resolve: ({ key }) => key.name }),
      revision: t.string({
        description: 'the write that cannot be taken back',
        resolve: ({ revision }) => String(revision),
      }),
      reason: t.exposeString('reason', { description: 'why, in words' }),
      paths: t.stringList({
        description: 'fields that have been written since',
        resolve: ({ paths }) => [...paths],
      }),
    }),
  });
  const step = builder.objectRef<{ of: Undoing; answer: UndoAnswer; index: number }>('UndoStep').implement({
    description: 'What takes back what was done to one object.',
    fields: (t) => ({
      verb: t.string({ description: 'create, update or delete', resolve: ({ of }) => of.step.verb }),
      resource: t.string({ description: '`pods`, `deployments.apps`', resolve: ({ of }) => of.key.resource }),
      namespace: t.string({
        nullable: true,
        description: 'null: it is cluster-wide',
        resolve: ({ of }) => of.key.namespace || null,
      }),
      name: t.string({ description: 'metadata.name', resolve: ({ of }) => of.key.name }),
      object: t.field({
        type: 'JSON',
        nullable: true,
        description:
          'As it is then. What is created again has a new uid. null: gone, or refused; of Secrets and what else is confidential ever.',
        resolve({ of, answer, index }, _, { api }) {
          const done = answer.bundle?.steps[index];
          if (!done?.after || done.refusal || api.store.isConfidential(of.key.resource)) return null;
          return wholeAnswer(done.after, { managedFields: false });
        },
      }),
      error: t.field({
        type: 'JSON',
        nullable: true,
        description: 'the Status that refuses it',
        resolve: ({ answer, index }) => answer.bundle?.steps[index]?.refusal?.status ?? null,
      }),
    }),
  });
  const answer = builder.objectRef<UndoAnswer>('UndoAnswer').implement({
    description: 'What became of an undo.',
    fields: (t) => ({
      done: t.boolean({
        description: 'false: nothing is written, for the reasons in `refusals` or in the errors of `steps`',
        resolve: ({ refusals, bundle }) => !refusals.length && !bundle?.refused,
      }),
      changeSet: t.string({
        nullable: true,
        description: 'by which the undo is undone; null where nothing was written',
        resolve: ({ changeSet }) => changeSet ?? null,
      }),
      refusals: t.field({
        type: [refusal],
        description: 'why nothing was written; none: it is done',
        resolve: ({ refusals }) => [...refusals],
      }),
      steps: t.field({
        type: [step],
        description: 'what is done to each object',
        resolve(whole, _, context, info) {
          const steps = whole.steps.map((of, index) => ({ of, answer: whole, index }));
          return counted(steps, context, info) as typeof steps;
        },
      }),
    }),
  });
  builder.mutationField('undo', (t) =>
    t.field({
      type: answer,
      nullable: true,
      description:
        'Takes changes back, all or none, in one transaction: of a change set, or of revisions where you may list. Refused where others have written the same fields since.',
      args: {
        changeSet: t.arg.string({ description: 'the change set to take back: `changeSet` of a Change' }),
        fromRevision: t.arg.string({ description: 'in place of `changeSet`: the first' }),
        toRevision: t.arg.string({ description: 'and the last, itself too' }),
        kinds: t.arg.stringList({ description: 'with revisions: only of these resources' }),
        namespaces: t.arg.stringList({ description: 'with revisions: only in these' }),
        user: t.arg.string({ description: 'with revisions: only what this user wrote' }),
        dryRun: t.arg.boolean({ description: ARGUMENTS.dryRun }),
        fieldManager: t.arg.string({ description: ARGUMENTS.fieldManager }),
      },
      resolve(_, args, { api, request }) {
        const { changeSet, fromRevision, toRevision, kinds, namespaces, user } = args;
        if ((changeSet == null) === (fromRevision == null) || (fromRevision == null) !== (toRevision == null))
          throw badRequest('undo: either changeSet, or fromRevision and toRevision');
        checkNames({ kinds, namespaces });
        const what =
          changeSet != null
            ? { changeSet }
            : {
                from: revisionOf(fromRevision),
                to: revisionOf(toRevision),
                kinds: kinds ?? undefined,
                namespaces: namespaces ?? undefined,
                user: user ?? undefined,
              };
        return api.undo(request, what, writeOptions(args));
      },
    }),
  );
}

function revisionOf(text: string | null | undefined): number {
  if (!text || !/^\d{1,15}$/.test(text)) throw badRequest(`${JSON.stringify(text)} is no revision`);
  return Number(text);
}
