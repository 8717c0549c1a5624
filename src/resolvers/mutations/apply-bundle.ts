import type { BundleStep, StepAnswer, Target } from '../../api/contract.ts';
import type { Kind } from '../../kinds/kind.ts';
import { parseApiVersion } from '../../meta/gvk.ts';
import { isRecord } from '../../meta/record.ts';
import { badRequest, StatusError } from '../../meta/status.ts';
import type { OperationContext } from '../context.ts';
import { requireDiscovery } from '../discovery.ts';
import { writeOptions, type WriteArguments } from '../targets.ts';
import { bundleObject, isOvertaken, type BundleResult } from './bundle-result.ts';
import { installRank } from './install-order.ts';
import { readManifests, type Manifest } from './manifests.ts';
import { pruneSteps, type Prune } from './prune.ts';

export interface BundleArguments extends WriteArguments {
  manifests: unknown;
  /** of manifests that say none */
  namespace?: string | null | undefined;
  prune?: Prune | null | undefined;
}

const DEFAULT_NAMESPACE = 'default';
/** Times that what is to be pruned is looked up anew because others delete it too. */
const MAX_ATTEMPTS = 3;

/**
 * Applies all manifests or none: server-side apply, in the order in which kinds need each other; then what is pruned
 * goes. Answers in the order in which they were given, the pruned behind them.
 */
export async function applyBundle(context: OperationContext, args: BundleArguments): Promise<BundleResult> {
  const manifests = readManifests(args.manifests);
  if (!manifests.length) throw badRequest('the bundle has no objects');
  const found = manifests.map((manifest) => ({ manifest, kind: kindOf(context, manifest) }));
  const unknown = unknownKinds(context, found);
  if (unknown) return unknown;
  const namespace = args.namespace ?? DEFAULT_NAMESPACE;
  const targets = found.map(({ manifest, kind }) => targetOf(manifest, kind!, namespace));
  const manager = args.fieldManager || context.request.agent;
  const force = args.force ? { force: true } : {};
  const applies = targets.map((target, i): BundleStep => ({
    verb: 'apply',
    target,
    body: manifests[i]!.body,
    options: force,
  }));
  const namespaces = new Set(targets.flatMap(({ namespace: own }) => own || []));
  if (args.namespace) namespaces.add(args.namespace);
  // the place of each in the order in which they are written
  const order = targets.map((_, i) => i).sort((a, b) => installRank(targets[a]!.kind) - installRank(targets[b]!.kind));
  for (let attempt = 1; ; attempt++) {
    const prunes = args.prune ? await pruneSteps(context, args.prune, manager, targets, namespaces) : [];
    const steps = [...order.map((i) => applies[i]!), ...prunes];
    const done = await context.api.bundle(context.request, steps, { ...writeOptions(args), fieldManager: manager });
    if (attempt < MAX_ATTEMPTS && isOvertaken(done, applies.length)) continue;
    const answers: StepAnswer[] = [];
    for (const [at, i] of order.entries()) answers[i] = done.steps[at]!;
    return {
      revisions: done.revisions,
      refused: done.refused,
      objects: [
        ...targets.map((target, i) => bundleObject(target, undefined, answers[i]!)),
        ...prunes.map(({ target }, i) => bundleObject(target, 'PRUNED', done.steps[applies.length + i]!)),
      ],
    };
  }
}

function kindOf({ api }: OperationContext, { apiVersion, kind }: Manifest): Kind | undefined {
  const { group, version } = parseApiVersion(apiVersion);
  return api.registry.byKind(group, version, kind);
}

/** What a manifest says of its place; a kind without namespaces has none, whatever it says. */
const targetOf = (manifest: Manifest, kind: Kind, namespace: string): Target => ({
  kind,
  namespace: kind.namespaced ? manifest.namespace || namespace : '',
  name: manifest.name,
  subresource: '',
});

type Found = { manifest: Manifest; kind: Kind | undefined };

/** The answer where kinds are not served; nothing else has been looked at then. */
function unknownKinds({ api, request }: OperationContext, found: readonly Found[]): BundleResult | undefined {
  if (found.every(({ kind }) => kind)) return undefined;
  requireDiscovery(api, request);
  const manifests = found.map(({ manifest }) => manifest);
  return {
    revisions: undefined,
    refused: true,
    objects: found.map(({ manifest, kind }) => ({
      apiVersion: manifest.apiVersion,
      kindName: manifest.kind,
      namespace: manifest.namespace,
      name: manifest.name,
      kind,
      gone: undefined,
      answer: {
        before: undefined,
        after: undefined,
        warnings: [],
        refusal: kind ? undefined : noMatches(manifest, manifests),
      },
    })),
  };
}

/** 404 for a kind that is not served, in kubectl's words; one that the same bundle would define is served only after it. */
function noMatches({ apiVersion, kind }: Manifest, all: readonly Manifest[]): StatusError {
  const { group } = parseApiVersion(apiVersion);
  const here = all.some(({ kind: of, value }) => {
    const spec = of === 'CustomResourceDefinition' && isRecord(value['spec']) ? value['spec'] : {};
    return spec['group'] === group && isRecord(spec['names']) && spec['names']['kind'] === kind;
  });
  const why = here
    ? ': its definition is in the same bundle, and a kind is served only once its definition is established. Apply the definition first'
    : '';
  return new StatusError({
    message: `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}${why}`,
    reason: 'NotFound',
    code: 404,
  });
}
