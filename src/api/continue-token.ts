import { badRequest } from '../meta/status.ts';

/** Where a list goes on: at which revision (undefined: the newest, not consistent with the pages before), after which object. */
export interface ContinueToken {
  revision: number | undefined;
  /** first key of the next page: namespace and name */
  namespace: string;
  name: string;
}

const VERSION = 'meta.k8s.io/v1';
const INCONSISTENT = -1;
const NUL = '\u0000';

/** base64url JSON, as kube-apiserver's: `{v, rv, start}` */
export function encodeContinue({ revision, namespace, name }: ContinueToken): string {
  const start = `${namespace ? `${namespace}/` : ''}${name}`;
  return Buffer.from(JSON.stringify({ v: VERSION, rv: revision ?? INCONSISTENT, start })).toString('base64url');
}

const refuse = (why: string) => badRequest(`invalid continue token: continue key is not valid${why && `: ${why}`}`);

/** Throws 400 for a token that no list gave. */
export function decodeContinue(token: string): ContinueToken {
  let value: { v?: unknown; rv?: unknown; start?: unknown };
  if (!/^[A-Za-z0-9_-]*={0,2}$/.test(token)) throw refuse('illegal base64 data at input byte 0');
  try {
    value = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as typeof value;
  } catch {
    throw refuse('invalid character looking for beginning of value');
  }
  if (typeof value !== 'object' || value === null || value.v !== VERSION) throw refuse('server does not recognize this encoded version');
  const { rv, start } = value;
  if (typeof rv !== 'number' || rv === 0) throw refuse(`incorrect encoded start resourceVersion (version ${VERSION})`);
  if (typeof start !== 'string' || start === '') throw refuse(`encoded start key empty (version ${VERSION})`);
  const slash = start.indexOf('/');
  return {
    revision: rv < 0 ? undefined : rv,
    namespace: slash < 0 ? '' : start.slice(0, slash),
    name: start.slice(slash + 1).replaceAll(NUL, ''),
  };
}
