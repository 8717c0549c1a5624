import { ARGUMENTS } from '../../argument-texts.ts';
import {
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLObjectType,
} from 'graphql';
import type { Kind } from '../../../kinds/kind.ts';
import type { Json, KubeObject } from '../../../meta/object.ts';
import { labelSelectorAsSelector } from '../../../meta/labels.ts';
import { same } from '../../../meta/diff.ts';
import { badRequest } from '../../../meta/status.ts';
import { formatTime } from '../../../meta/time.ts';
import type { OperationContext } from '../../context.ts';
import { fromOf } from '../../relations/from.ts';
import { owned } from '../../relations/ownership.ts';
import type { FacetFields, KindTypes } from '../../schema/kind-types.ts';
import { namesOf } from '../../schema/names.ts';
import type { FieldConfigs } from '../../schema/output-types.ts';
import { targetOf, writeOptions } from '../../targets.ts';
import { wholeObject } from '../../whole.ts';
import { WRITE, type NamedWrite } from '../write-arguments.ts';
import { rolloutStatus } from './status.ts';
import { undoPatch } from './undo.ts';
import {
  hasRollouts,
  isDeployment,
  revisionResource,
  revisionsOf,
  withoutHash,
  type Revision,
  type Workload,
} from './workload.ts';

const STRATEGIC = 'application/strategic-merge-patch+json';

/** `rolloutRestartDeployment` and so on, as kubectl does them; `rolloutStatus` and `rolloutHistory` of the objects. */
export function rolloutFields(kind: Kind, types: KindTypes): FacetFields {
  if (!hasRollouts(kind)) return {};
  const { kind: word } = namesOf(kind);
  const text = new GraphQLNonNull(GraphQLString);
  const field = (
    description: string,
    change: (
      workload: Workload,
      context: OperationContext,
      args: NamedWrite & { toRevision?: number | bigint | null },
    ) => Promise<Patch | undefined> | Patch,
    more: GraphQLFieldConfigArgumentMap = {},
  ): FieldConfigs[string] => ({
    type: types.object(kind),
    description,
    args: {
      namespace: { type: text, description: ARGUMENTS.namespace },
      name: { type: text, description: ARGUMENTS.name },
      ...more,
      ...WRITE,
    },
    resolve: (_, args: NamedWrite, context: OperationContext) => patched(context, kind, args, change),
  });
  const mutation: FieldConfigs = {
    [`rolloutRestart${word}`]: field('Pods are made anew, as its strategy has it.', (workload) =>
      restart(kind, workload),
    ),
    [`rolloutUndo${word}`]: field(
      'Back to the template of a revision; without one, to the one before the newest.',
      async (workload, context, { toRevision }) =>
        undoPatch(kind, workload, await keptRevisions(context, kind, workload), BigInt(toRevision ?? 0)),
      {
        toRevision: {
          type: types.scalars.int64,
          description: 'the revision to go back to; the one before when not given',
        },
      },
    ),
  };
  if (isDeployment(kind)) {
    mutation[`rolloutPause${word}`] = field('Changes of the template wait.', (workload) => pause(workload, true));
    mutation[`rolloutResume${word}`] = field('What has waited is rolled out.', (workload) => pause(workload, false));
  }
  return { mutation, object: objectFields(kind, types) };
}

function objectFields(kind: Kind, types: KindTypes): FieldConfigs {
  const revision = types.generic('RolloutRevision') as GraphQLObjectType;
  return {
    rolloutStatus: {
      type: types.generic('RolloutStatus') as GraphQLObjectType,
      description: 'How far its rollout is.',
      resolve: (workload: KubeObject) => rolloutStatus(kind, workload as Workload),
    },
    rolloutHistory: {
      type: new GraphQLList(new GraphQLNonNull(revision)),
      description: 'Its revisions that are kept, the oldest first.',
      async resolve(workload: KubeObject, _, context: OperationContext, info) {
        const { budget } = context;
        const from = fromOf(kind, workload, types.registry, context, info);
        const revisions = await owned(from, revisionResource(kind));
        const kept = revisions
          .map(({ kind: of, stored }) => wholeObject(of, stored))
          .filter((one) => isControlledBy(one, workload));
        const template = withoutHash((workload as Workload).spec?.template ?? {});
        return budget.items(revisionsOf(kind, kept), info, (one) => ({
          ...one,
          current: same(withoutHash(one.template), template),
        }));
      },
    },
  };
}

interface Patch {
  type: string;
  value: Json;
}

/** Reads the workload, and patches it with what is made of it; answers it as it is where nothing is to be done. */
async function patched<A extends NamedWrite>(
  context: OperationContext,
  kind: Kind,
  args: A,
  change: (workload: Workload, context: OperationContext, args: A) => Promise<Patch | undefined> | Patch,
): Promise<KubeObject> {
  const { api, request } = context;
  const target = targetOf(kind, args);
  const { object } = await api.get(request, target, {});
  const patch = await change(object as Workload, context, args);
  if (!patch) return object;
  return (await api.patch(request, target, patch.type, { value: patch.value }, writeOptions(args))).object;
}

const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

function restart(kind: Kind, { spec, metadata }: Workload): Patch {
  if (isDeployment(kind) && spec?.paused)
    throw badRequest("can't restart paused deployment (run rollout resume first)");
  const now = formatTime(Date.now());
  if (spec?.template?.metadata?.annotations?.[RESTARTED_AT] === now)
    throw badRequest(
      `failed to create patch for ${metadata.name}: if restart has already been triggered within the past second, please wait before attempting to trigger another`,
    );
  return { type: STRATEGIC, value: { spec: { template: { metadata: { annotations: { [RESTARTED_AT]: now } } } } } };
}

function pause({ spec, metadata }: Workload, paused: boolean): Patch {
  if ((spec?.paused ?? false) === paused)
    throw badRequest(`deployments.apps ${JSON.stringify(metadata.name)} is ${paused ? 'already' : 'not'} paused`);
  return { type: STRATEGIC, value: { spec: { paused: paused || null } } };
}

const isControlledBy = ({ metadata }: KubeObject, owner: KubeObject): boolean =>
  metadata.ownerReferences?.some(({ uid, controller }) => controller === true && uid === owner.metadata.uid) ?? false;

/** By the caller's own right to list what keeps them. */
async function keptRevisions({ api, request }: OperationContext, kind: Kind, workload: Workload): Promise<Revision[]> {
  const of = api.registry.preferred(revisionResource(kind))!;
  const selector = labelSelectorAsSelector(workload.spec?.selector);
  const { items } = await api.list(request, targetOf(of, { namespace: workload.metadata.namespace }), {});
  const kept = items.filter(({ labels }) => selector.matches(labels)).map((stored) => wholeObject(of, stored));
  return revisionsOf(
    kind,
    kept.filter((one) => isControlledBy(one, workload)),
  );
}
