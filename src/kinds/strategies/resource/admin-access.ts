import type { DeviceRequest, DeviceRequestAllocationResult } from '../../../../schema/types.ts';
import { forbidden, Path, type FieldError } from '../../../meta/field.ts';
import type { Parts } from '../../../meta/object.ts';
import type { StrategyContext } from '../../kind.ts';

const LABEL = 'resource.kubernetes.io/admin-access';
const REQUESTS = Path.root('spec').child('devices').child('requests');
const RESULTS = Path.root('status').child('allocation').child('devices').child('results');

type Context = Pick<StrategyContext, 'namespaceLabels'>;

/** @param asking which of a list has access to what others use, -1 for none */
function errors(asking: number, list: Path, { namespaceLabels }: Context): FieldError[] {
  if (asking < 0 || namespaceLabels?.()?.[LABEL] === 'true') return [];
  const detail = `admin access to devices requires the \`${LABEL}: true\` label on the containing namespace`;
  return [forbidden(list.index(asking).child('adminAccess'), detail)];
}

/**
 * Devices that others use are for claims of namespaces that an administrator has marked (KEP-5018). Source:
 * pkg/registry/resource AuthorizedForAdmin, of claims and of templates alike.
 */
export const adminRequestErrors = (requests: readonly Parts<DeviceRequest>[] | undefined, ctx: Context): FieldError[] =>
  errors(
    (requests ?? []).findIndex(({ exactly }) => exactly?.adminAccess),
    REQUESTS,
    ctx,
  );

type Results = readonly Parts<DeviceRequestAllocationResult>[];
const askingResult = (results: Results | undefined): number =>
  (results ?? []).findIndex(({ adminAccess }) => adminAccess);

/** The same of what is allocated, unless it was before. */
export const adminResultErrors = (
  results: Results | undefined,
  before: Results | undefined,
  ctx: Context,
): FieldError[] => (askingResult(before) < 0 ? errors(askingResult(results), RESULTS, ctx) : []);
