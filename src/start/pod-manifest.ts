import { applySchemaDefaults } from '../kinds/defaults.ts';
import { decode } from '../kinds/decode.ts';
import type { Kind } from '../kinds/kind.ts';
import { createRegistry } from '../kinds/registry.ts';
import { validateMeta } from '../kinds/validate-meta.ts';
import { invalidObject } from '../meta/status.ts';
import { formatTime } from '../meta/time.ts';
import type { KubeObject } from '../meta/object.ts';
import type { Pod } from '../../schema/types.ts';

let pods: Kind | undefined;

/**
 * Reads a pod of a node's own folder by the rules of the API: with its defaults, and valid.
 * @param place says what only the node knows (name, namespace, annotations), before the pod is judged
 * @throws StatusError what is wrong with it
 */
export function readPodManifest(bytes: Buffer, place: (object: KubeObject) => void, now: number): Pod {
  const kind = (pods ??= createRegistry().preferred('pods'));
  if (!kind) throw new Error('there is no kind of pods');
  const object = decode(bytes, 'application/yaml', kind, 'Ignore', () => undefined);
  place(object);
  applySchemaDefaults(kind.schema, object, false);
  const { strategy } = kind.storage;
  strategy.defaults?.(object);
  const { apiVersion } = { apiVersion: 'v1' };
  const ctx = { now: formatTime(now), user: '', warn: () => undefined, subresource: '', apiVersion };
  const errors = [
    ...validateMeta(kind, object),
    ...(strategy.validate?.(object, ctx) ?? []),
    ...(strategy.validateCreate?.(object, ctx) ?? []),
  ];
  if (errors.length) throw invalidObject(kind.storage, object.metadata.name ?? '', errors);
  // the kind's own rules have just said so
  return object as KubeObject & Pod;
}
