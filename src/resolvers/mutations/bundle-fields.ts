import { ARGUMENTS } from '../argument-texts.ts';
import { diffObjects, type FieldChange } from '../../meta/diff.ts';
import type { KubeObject } from '../../meta/object.ts';
import { attributesOf } from '../../api/authorization/attributes.ts';
import type { Builder } from '../builder.ts';
import { counted, type OperationContext } from '../context.ts';
import type { FieldChangeRef } from '../field-change.ts';
import { wholeAnswer } from '../whole.ts';
import { applyBundle } from './apply-bundle.ts';
import type { BundleObject, BundleResult } from './bundle-result.ts';

const ACTIONS = {
  CREATED: { description: 'it was not there' },
  CONFIGURED: { description: 'it was there, and is another now' },
  UNCHANGED: { description: 'it was there as the manifest has it' },
  DELETED: { description: 'it was there, and goes' },
  PRUNED: { description: 'it was there, and no manifest is about it any more' },
} as const;

export type BundleResultRef = ReturnType<typeof bundleResultRef>;
const bundleResultRef = (builder: Builder) => builder.objectRef<BundleResult>('BundleResult');

/** `applyBundle`: many objects in one transaction. */
export function addBundleFields(builder: Builder, change: FieldChangeRef): BundleResultRef {
  const action = builder.enumType('BundleAction', {
    description: 'What is done to one of many objects.',
    values: ACTIONS,
  });
  const object = builder.objectRef<BundleObject>('BundleObject').implement({
    description: 'What became of one of many objects, or would have become of it.',
    fields: (t) => ({
      apiVersion: t.exposeString('apiVersion', { description: '`apps/v1`' }),
      kind: t.exposeString('kindName', { description: '`Deployment`' }),
      namespace: t.string({
        nullable: true,
        description: 'null: it is cluster-wide',
        resolve: ({ namespace }) => namespace || null,
      }),
      name: t.exposeString('name', { description: 'metadata.name' }),
      action: t.field({
        type: action,
        nullable: true,
        description: 'null: refused, see `error`',
        resolve: actionOf,
      }),
      object: t.field({
        type: 'JSON',
        nullable: true,
        description: 'as it is now; null: it is gone, or refused',
        resolve: ({ answer: { after, refusal } }) => (after && !refusal ? wholeAnswer(after, {}) : null),
      }),
      diff: t.field({
        type: [change],
        nullable: true,
        description:
          'What changes, without field owners. Of Secrets and what else is confidential the paths alone; null for who may not read the object.',
        resolve: (one, _, context) => diffOf(one, context),
      }),
      warnings: t.stringList({
        description: 'what the server warns of, as kubectl prints it',
        resolve: ({ answer }) => [...answer.warnings],
      }),
      error: t.field({
        type: 'JSON',
        nullable: true,
        description: 'the Status that refuses it',
        resolve: ({ answer: { refusal } }) => refusal?.status ?? null,
      }),
    }),
  });
  const bundle = bundleResultRef(builder);
  bundle.implement({
    description: 'What became of many objects that are written all at once, or not at all.',
    fields: (t) => ({
      count: t.int({ description: 'objects that it is about', resolve: ({ objects }) => objects.length }),
      refused: t.exposeBoolean('refused', { description: 'one object was refused, so nothing is written' }),
      firstRevision: t.string({
        nullable: true,
        description: 'the revision of the first object that was written',
        resolve: ({ revisions }) => revisions && String(revisions.first),
      }),
      lastRevision: t.string({
        nullable: true,
        description: 'Everything of the bundle is between the two; null: nothing was written.',
        resolve: ({ revisions }) => revisions && String(revisions.last),
      }),
      objects: t.field({
        type: [object],
        description: 'in the order of the manifests, the pruned behind them',
        resolve: ({ objects }, _, context, info) => counted(objects, context, info) as BundleObject[],
      }),
    }),
  });
  const prune = builder.inputType('BundlePrune', {
    description:
      'What goes when no manifest names it: objects with the label that the same field manager has applied, of these kinds, in the namespaces of the bundle.',
    fields: (t) => ({
      labelSelector: t.string({ required: true, description: '`part=shop`: what has it and is in no manifest goes' }),
      kinds: t.stringList({ description: "resources, `deployments.apps`; by default those of kubectl's list" }),
    }),
  });

  builder.mutationField('applyBundle', (t) =>
    t.field({
      type: bundle,
      nullable: true,
      description:
        'Server-side apply of many objects, all of them or none, in one transaction: in the order in which kinds need each other, each authorised, admitted, validated and counted as by itself.',
      args: {
        manifests: t.arg({
          type: 'JSON',
          required: true,
          description: 'an object, a List, text of YAML documents, or a list of these; up to 1,000 objects',
        }),
        namespace: t.arg.string({ description: 'of manifests that say none; `default` where this says none either' }),
        prune: t.arg({ type: prune, description: 'deletes what no manifest names any more' }),
        force: t.arg.boolean({ description: ARGUMENTS.force }),
        dryRun: t.arg.boolean({ description: ARGUMENTS.dryRun }),
        fieldManager: t.arg.string({ description: ARGUMENTS.fieldManager }),
        fieldValidation: t.arg.string({ description: ARGUMENTS.fieldValidation }),
      },
      resolve: (_, args, context) => applyBundle(context, { ...args, manifests: args.manifests as unknown }),
    }),
  );
  return bundle;
}

function actionOf({ gone, answer: { before, after, refusal } }: BundleObject): keyof typeof ACTIONS | null {
  if (refusal) return null;
  if (gone) return gone;
  if (!before) return after ? 'CREATED' : null;
  // it waited for nothing but what this write has taken off
  if (!after) return 'DELETED';
  return after === before ? 'UNCHANGED' : 'CONFIGURED';
}

/** Old values are a read of the object. */
function diffOf(
  { kind, namespace, name, answer }: BundleObject,
  { api, request }: OperationContext,
): FieldChange[] | null {
  const { before, after, refusal } = answer;
  if (!kind || refusal) return null;
  const attributes = attributesOf('get', { kind, namespace, name, subresource: '' });
  if (!api.authorizeRead(request, attributes).allowed) return null;
  if (before && after === before) return [];
  const [from, to] = [before && plain(before.object), after && plain(after.object)];
  const changes: FieldChange[] = !from
    ? [{ path: '', op: 'add', to }]
    : !to
      ? [{ path: '', op: 'remove', from }]
      : diffObjects(from, to, kind.schema);
  return api.store.isConfidential(kind.storage.key) ? changes.map(({ path, op }) => ({ path, op })) : changes;
}

/** Without what every write changes. */
function plain({ metadata, ...rest }: KubeObject): object {
  const { managedFields: _, resourceVersion: _version, ...others } = metadata;
  return { metadata: others, ...rest };
}
