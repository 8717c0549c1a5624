import type { Kind } from '../../kinds/kind.ts';
import type { Reference } from '../../kinds/relation.ts';
import { parseApiVersion } from '../../meta/gvk.ts';

const VERSION = /^v\d+((alpha|beta)\d+)?$/;

/** The group of a reference's apiVersion, which may be a group alone. */
const groupOf = (text: string): string =>
  text.includes('/') ? parseApiVersion(text).group : VERSION.test(text) ? '' : text;

/** Whether a reference is to a kind; one that two groups serve is of both. */
export const isOfKind = ({ apiVersion, kind }: Reference, of: Kind): boolean =>
  kind === of.kind && (!apiVersion || groupOf(apiVersion) === of.group || groupOf(apiVersion) === of.storage.group);

/** The same name with another uid is another object. Kubelets give a node's name for its uid. */
export const isUid = (uid: string | undefined, of: { uid: string; name: string }, kind: Kind): boolean =>
  !uid || uid === of.uid || (kind.storage.key === 'nodes' && uid === of.name);

/** Whether a reference is to an object of a kind. */
export const refersTo = (
  reference: Reference,
  kind: Kind,
  { uid, name, namespace = '' }: { uid: string; name: string; namespace?: string | undefined },
): boolean =>
  isOfKind(reference, kind) &&
  reference.name === name &&
  (!kind.namespaced || (reference.namespace ?? '') === namespace) &&
  isUid(reference.uid, { uid, name }, kind);
