import type { Facades, Reply } from './facades.ts';
import type { Subject } from './subjects.ts';

export const PATCH_TYPES = {
  JSON: 'application/json-patch+json',
  MERGE: 'application/merge-patch+json',
  STRATEGIC: 'application/strategic-merge-patch+json',
  APPLY: 'application/apply-patch+yaml',
} as const;
export type PatchType = keyof typeof PATCH_TYPES;
export type FacadeName = 'rest' | 'graphql';

/** A write of one object, in the words of neither façade. */
export interface Write {
  verb: 'create' | 'update' | 'patch' | 'delete';
  subject: Subject;
  namespace: string;
  name: string;
  /** the object, or the patch */
  body?: unknown;
  type?: PatchType;
  subresource?: string;
  manager: string;
  force?: boolean;
  /** of a delete */
  uid?: string;
  resourceVersion?: string;
  policy?: string;
  graceSeconds?: number;
  dryRun?: boolean;
}

export const send = (facades: Facades, by: FacadeName, write: Write, form: number): Promise<Reply> =>
  by === 'rest' ? overRest(facades, write) : form ? typed(facades, write) : generic(facades, write);

const METHODS = { create: 'POST', update: 'PUT', patch: 'PATCH', delete: 'DELETE' };

export const collectionOf = ({ root, plural }: Subject, namespace?: string): string =>
  namespace === undefined ? `${root}/${plural}` : `${root}/namespaces/${namespace}/${plural}`;

function overRest(facades: Facades, write: Write): Promise<Reply> {
  const { verb, subject, namespace, name, subresource, manager, force, dryRun } = write;
  const query = new URLSearchParams({
    ...(verb !== 'delete' && { fieldManager: manager }),
    ...(dryRun && verb !== 'delete' && { dryRun: 'All' }),
    ...(force && { force: 'true' }),
  });
  const path = `${collectionOf(subject, namespace)}${verb === 'create' ? '' : `/${name}`}${subresource ? `/${subresource}` : ''}?${query}`;
  if (verb !== 'delete') return facades.rest(METHODS[verb], path, write.body, write.type && PATCH_TYPES[write.type]);
  const { uid, resourceVersion, policy, graceSeconds } = write;
  return facades.rest('DELETE', path, {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    ...((uid ?? resourceVersion) && { preconditions: { uid, resourceVersion } }),
    ...(policy && { propagationPolicy: policy }),
    ...(graceSeconds !== undefined && { gracePeriodSeconds: graceSeconds }),
    // the query counts only where there is no body
    ...(dryRun && { dryRun: ['All'] }),
  });
}

/** Arguments with their types; those that are not given are left out. */
type Arguments = Record<string, [type: string, value: unknown]>;
const call = (facades: Facades, field: string, args: Arguments, selection: string): Promise<Reply> => {
  const given = Object.entries(args).filter(([, [, value]]) => value !== undefined);
  const declared = given.map(([name, [type]]) => `$${name}: ${type}`).join(', ');
  const passed = given.map(([name]) => `${name}: $${name}`).join(', ');
  const variables = Object.fromEntries(given.map(([name, [, value]]) => [name, value]));
  return facades.graphql(`mutation (${declared}) { r: ${field}(${passed}) ${selection} }`, variables);
};

const argumentsOf = (write: Write): Arguments => {
  const { verb, body, name } = write;
  return {
    namespace: ['String', write.namespace],
    ...(verb !== 'create' && { name: ['String!', name] }),
    ...(verb !== 'delete' && { fieldManager: ['String', write.manager], subresource: ['String', write.subresource] }),
    ...((verb === 'create' || verb === 'update') && { object: ['JSON!', body] }),
    ...(verb === 'patch' && {
      patch: ['JSON!', body],
      type: ['PatchType', write.type],
      force: ['Boolean', write.force],
    }),
    ...(verb === 'delete' && {
      uid: ['String', write.uid],
      resourceVersion: ['String', write.resourceVersion],
      propagationPolicy: ['String', write.policy],
      gracePeriodSeconds: ['Int', write.graceSeconds],
    }),
    dryRun: ['Boolean', write.dryRun],
  };
};

/** `createConfigMap`, and what it answers as a whole. */
async function typed(facades: Facades, write: Write): Promise<Reply> {
  const { verb, subject } = write;
  const { subresource, ...args } = argumentsOf(write);
  const field = `${verb}${subject.kind}`;
  const given: Arguments = verb === 'create' || verb === 'delete' ? args : { ...args, subresource: subresource! };
  if (verb === 'delete') return call(facades, field, given, '');
  const { code, body } = await call(facades, field, given, '{ raw }');
  return { code, body: code === 200 ? body.raw : body };
}

const generic = (facades: Facades, write: Write): Promise<Reply> =>
  call(facades, `${write.verb}Object`, { resource: ['String!', write.subject.resource], ...argumentsOf(write) }, '');
