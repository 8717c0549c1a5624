import type { Volume } from '../../../../../schema/types.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldError,
  type Path,
} from '../../../../meta/field.ts';
import { isDns1123Label, isDns1123Subdomain } from '../../../../meta/names.ts';
import type { Parts } from '../../../../meta/object.ts';
import { keysOf } from '../../../../meta/record.ts';
import { addReasons } from '../../../validation/report.ts';
import { ephemeral } from './claim-template.ts';
import { projected } from './projected.ts';
import * as sources from './sources.ts';

/** What the rules of a pod's parts may have to know of the pod. */
export interface SpecContext {
  /** a pod itself, not a template of one */
  isPod: boolean;
  /** the pod's name, where it is known */
  name?: string;
}

type SourceName = Exclude<keyof Volume, 'name'>;
interface Source<K extends SourceName> {
  check(source: NonNullable<Parts<Volume>[K]>, at: Path, errors: FieldError[], ctx: SpecContext): void;
  /** where Kubernetes names another field than the source's own in the errors below it, or in that of a second source */
  below?: string;
  second?: string;
}

const { needs } = sources;
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];

function image(
  source: NonNullable<Parts<Volume>['image']>,
  at: Path,
  errors: FieldError[],
  { isPod }: SpecContext,
): void {
  if (isPod && !source.reference) errors.push(required(at.child('reference')));
  if (!source.pullPolicy) errors.push(required(at.child('pullPolicy')));
  else if (!PULL_POLICIES.includes(source.pullPolicy))
    errors.push(notSupported(at.child('pullPolicy'), source.pullPolicy, PULL_POLICIES));
}

/** In the order in which Kubernetes looks at them: of two, the later one is too many. */
const SOURCES: { readonly [K in SourceName]: Source<K> } = {
  emptyDir: { check: sources.emptyDir },
  hostPath: { check: sources.hostPath },
  gitRepo: { check: sources.gitRepo },
  gcePersistentDisk: { check: sources.gcePersistentDisk, below: 'persistentDisk' },
  awsElasticBlockStore: { check: sources.awsElasticBlockStore },
  secret: { check: sources.secret },
  nfs: { check: sources.nfs },
  iscsi: { check: sources.iscsi },
  glusterfs: { check: needs('endpoints', 'path') },
  flocker: { check: sources.flocker },
  persistentVolumeClaim: { check: needs('claimName') },
  rbd: { check: needs('monitors', 'image') },
  cinder: { check: sources.cinder },
  cephfs: { check: needs('monitors'), second: 'cephFS' },
  quobyte: { check: sources.quobyte },
  downwardAPI: { check: sources.downwardAPI, second: 'downwarAPI' },
  fc: { check: sources.fc },
  flexVolume: { check: sources.flexVolume },
  configMap: { check: sources.configMap },
  azureFile: { check: needs('secretName', 'shareName') },
  vsphereVolume: { check: needs('volumePath') },
  photonPersistentDisk: { check: needs('pdID') },
  portworxVolume: { check: needs('volumeID') },
  azureDisk: { check: sources.azureDisk },
  storageos: { check: sources.storageos },
  projected: { check: projected },
  scaleIO: { check: needs('gateway', 'system', 'volumeName') },
  csi: { check: sources.csi },
  ephemeral: { check: ephemeral },
  image: { check: image },
};
const ORDER = keysOf(SOURCES);

/** Bytes that a volume's name and its portal may have together where the initiator is named. */
const MAX_INITIATOR = 64;
const TOO_LONG =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';

/** The sources that are given, in the order of the table. Nearly always it is one. */
function sourcesOf(volume: Parts<Volume>): SourceName[] {
  const found: SourceName[] = [];
  for (const key in volume) if (isSource(key) && volume[key] != null) found.push(key);
  return found.length < 2 ? found : found.sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
}

const isSource = (key: string): key is SourceName => Object.hasOwn(SOURCES, key);

function checkSource<K extends SourceName>(
  name: K,
  volume: Parts<Volume>,
  at: Path,
  errors: FieldError[],
  ctx: SpecContext,
): void {
  const { check, below = name }: Source<K> = SOURCES[name];
  const source = volume[name];
  if (source) check(source, at.child(below), errors, ctx);
}

function addSource(errors: FieldError[], volume: Parts<Volume>, at: Path, ctx: SpecContext): void {
  const found = sourcesOf(volume);
  found.forEach((name, i) => {
    if (i === 0) checkSource(name, volume, at, errors, ctx);
    else errors.push(forbidden(at.child(SOURCES[name].second ?? name), 'may not specify more than 1 volume type'));
  });
  if (found.length === 0) errors.push(required(at, 'must specify a volume type'));
  const { name = '', iscsi } = volume;
  if (iscsi?.initiatorName != null && `${name}:${iscsi.targetPortal ?? ''}`.length > MAX_INITIATOR)
    errors.push(invalid(at.child('name'), name, TOO_LONG));
  if (volume.ephemeral && ctx.name && name) {
    const claim = `${ctx.name}-${name}`;
    addReasons(
      errors,
      isDns1123Subdomain(claim).map((why) => `PVC name ${JSON.stringify(claim)}: ${why}`),
      name,
      at,
      'name',
    );
  }
}

/**
 * core/v1 ValidateVolumes.
 * @returns the volumes without a fault by name: only those can be mounted
 */
export function addVolumes(
  errors: FieldError[],
  volumes: readonly Parts<Volume>[] | undefined,
  at: Path,
  ctx: SpecContext,
): Map<string, Parts<Volume>> {
  const good = new Map<string, Parts<Volume>>();
  const created = new Set(ctx.name ? volumes?.filter((v) => v.ephemeral).map((v) => `${ctx.name}-${v.name}`) : []);
  volumes?.forEach((volume, i) => {
    const here = at.index(i);
    const before = errors.length;
    addSource(errors, volume, here, ctx);
    const name = volume.name ?? '';
    if (!name) errors.push(required(here.child('name')));
    else addReasons(errors, isDns1123Label(name), name, here, 'name');
    if (good.has(name)) errors.push(duplicate(here.child('name'), name));
    if (errors.length === before) good.set(name, volume);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim && created.has(claim)) {
      errors.push(
        invalid(
          here.child('persistentVolumeClaim', 'claimName'),
          claim,
          'must not reference a PVC that gets created for an ephemeral volume',
        ),
      );
    }
  });
  return good;
}
