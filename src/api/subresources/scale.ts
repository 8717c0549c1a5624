import type { Scale } from '../../../schema/types.ts';
import { bodyKind } from '../../kinds/body-kind.ts';
import { fromStorage } from '../../kinds/encode.ts';
import { atPath } from '../../kinds/custom/scale.ts';
import type { Kind } from '../../kinds/kind.ts';
import { validateMeta } from '../../kinds/validate-meta.ts';
import { normalizeObject } from '../../kinds/normalize.ts';
import { invalid } from '../../meta/field.ts';
import { apiVersionOf } from '../../meta/gvk.ts';
import type { KubeObject, ManagedFieldsEntry, Unchecked } from '../../meta/object.ts';
import { internalError, invalidObject, noSuchResource, notFound } from '../../meta/status.ts';
import type { Shown } from '../admission/plugin.ts';
import { objectAnswer } from '../answer.ts';
import { patchText } from '../audit/shown.ts';
import type {
  Body,
  ObjectAnswer,
  PatchInput,
  PatchOptions,
  ReadOptions,
  RequestContext,
  Target,
  WriteOptions,
} from '../contract.ts';
import type { Core } from '../core.ts';
import { get } from '../get.ts';
import { checkPatchOptions, checkWriteOptions } from '../options.ts';
import { patcher } from '../patch.ts';
import { APPLY_PATCH, patchTypeOf, readConfiguration } from '../patch-body.ts';
import { applyPatch } from '../patch/apply/applypatch.ts';
import { updateManagedFields } from '../patch/apply/managed.ts';
import { managedFieldsOfScale, managedFieldsOfScaled } from '../patch/apply/scale.ts';
import { resourceOf } from '../target.ts';
import { operationOf, type Operation } from '../write/operation.ts';
import { ownershipOf } from '../write/ownership.ts';
import { checkPlace, readBody } from '../write/read-body.ts';
import { replace } from '../write/replace.ts';
import { ownedPaths, scalePathsOf, setReplicas, withReplicas, type ScalePaths } from './scale-paths.ts';

const scaleKind = (): Kind => bodyKind({ group: 'autoscaling', version: 'v1', kind: 'Scale' })!;

function scaleOf(object: KubeObject, paths: ScalePaths, managedFields?: ManagedFieldsEntry[]): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const kind = scaleKind();
  const scale: KubeObject = {
    kind: kind.kind,
    apiVersion: apiVersionOf(kind),
    metadata: {
      name,
      ...(namespace && { namespace }),
      uid,
      resourceVersion,
      creationTimestamp,
      ...(managedFields?.length && { managedFields }),
    },
    spec: { replicas: Number(atPath(object, paths.spec) ?? 0) },
    status: { replicas: Number(atPath(object, paths.status) ?? 0), selector: paths.selector(object) },
  };
  return normalizeObject(kind.schema, scale);
}

function pathsOf(core: Core, target: Target): ScalePaths {
  const paths = scalePathsOf(core.store, target.kind);
  if (!paths) throw noSuchResource();
  return paths;
}

export async function getScale(
  core: Core,
  ctx: RequestContext,
  target: Target,
  options: ReadOptions,
): Promise<ObjectAnswer> {
  const paths = pathsOf(core, target);
  const { object } = await get(core, ctx, target, options);
  if (target.kind.custom) requireReplicas(object, paths);
  return objectAnswer(undefined, scaleOf(object, paths));
}

/** A custom object that does not say how many it wants has no scale to be read; one may be written. */
function requireReplicas(object: KubeObject, { spec }: ScalePaths): void {
  if (atPath(object, spec) === undefined)
    throw internalError(`the spec replicas field ${JSON.stringify(`.${spec}`)} does not exist`);
}

const replicasOf = (scale: KubeObject): number => Number((scale as Unchecked<Scale>).spec?.replicas ?? 0);

/** Who is asked about a write of a Scale is shown the Scale, and may change the number. */
const shownAs = (target: Target, paths: ScalePaths): Shown => ({
  kind: scaleKind(),
  of: (object) => scaleOf(fromStorage(target.kind, object), paths),
  into: (object, scale) => setReplicas(object, paths.spec, replicasOf(scale)),
});

/** Writes what `next` makes of the Scale to the object that it scales. */
async function writeScale(
  op: Operation,
  next: (live: KubeObject) => KubeObject | Promise<KubeObject>,
  applied: boolean,
): Promise<ObjectAnswer> {
  const { core, target } = op;
  const paths = pathsOf(core, target);
  const owned = ownedPaths(target.kind, paths);
  const kind = scaleKind();
  const answer = await replace(
    { ...op, shown: shownAs(target, paths) },
    {
      createMissing: false,
      applied: true,
      async next(live) {
        if (!live) throw notFound(resourceOf(target.kind), target.name);
        const before = scaleOf(live, paths, managedFieldsOfScale(live.metadata.managedFields, owned));
        const scale = await next(before);
        checkPlace(target, scale);
        if (!applied)
          updateManagedFields({
            ...ownershipOf(core.registry, kind, ''),
            live: before,
            object: scale,
            manager: op.by.manager,
            subresource: 'scale',
            now: op.now,
          });
        const replicas = replicasOf(scale);
        const errors = validateMeta({ ...kind, namespaced: target.kind.namespaced }, scale);
        if (replicas < 0) errors.push(invalid('spec.replicas', replicas, 'must be greater than or equal to 0'));
        if (errors.length) throw invalidObject(kind, target.name, errors);
        const object = withReplicas(live, paths.spec, replicas);
        const { uid, resourceVersion, managedFields } = scale.metadata;
        // a Scale of a custom object says a version only to insist on it
        const version = resourceVersion || (target.kind.custom ? live.metadata.resourceVersion : '');
        Object.assign(object.metadata, { uid, resourceVersion: version });
        object.metadata.managedFields = managedFieldsOfScaled(
          live.metadata.managedFields,
          managedFields,
          apiVersionOf(target.kind),
          owned,
        );
        return object;
      },
    },
  );
  return objectAnswer(undefined, scaleOf(answer.object, paths), answer.code);
}

export async function updateScale(
  core: Core,
  ctx: RequestContext,
  target: Target,
  body: Body,
  options: WriteOptions,
): Promise<ObjectAnswer> {
  core.authorizer.require(ctx, 'update', target);
  checkWriteOptions('UpdateOptions', options);
  const scale = readBody(ctx, scaleKind(), body, options.fieldValidation);
  return writeScale(operationOf(core, ctx, target, 'scale', options), () => structuredClone(scale), false);
}

export async function patchScale(
  core: Core,
  ctx: RequestContext,
  target: Target,
  contentType: string,
  input: PatchInput,
  options: PatchOptions,
): Promise<ObjectAnswer> {
  core.authorizer.require(ctx, 'patch', target);
  const type = patchTypeOf(target.kind, contentType);
  checkPatchOptions(type, options);
  ctx.audit?.sentText(() => patchText(input));
  const kind = scaleKind();
  const op = operationOf(core, ctx, target, 'scale', options);
  if (type !== APPLY_PATCH) {
    const apply = patcher(ctx, kind, type, input, options.fieldValidation);
    return writeScale(op, (live) => op.pace.run(apply(live)), false);
  }
  const applied = readConfiguration(input).value;
  const ownership = ownershipOf(core.registry, kind, '');
  const { fieldManager: manager = '', force = false } = options;
  return writeScale(
    op,
    (live) =>
      applyPatch({
        ...ownership,
        kind: kind.kind,
        live,
        patch: applied,
        manager,
        force,
        subresource: 'scale',
        now: op.now,
      }),
    true,
  );
}
