import type { DeleteOptions } from '../../api/contract.ts';
import { jsonSyntaxError, MAX_DEPTH } from '../../kinds/json-error.ts';
import { scanJson } from '../../kinds/json-scan.ts';
import { decodeProtobuf } from '../../kinds/protobuf/envelope.ts';
import { parseYaml } from '../../kinds/yaml.ts';
import { badRequest, isStatusError, unsupportedMediaType } from '../../meta/status.ts';
import { ALL_FORMATS, mediaNames } from '../negotiation/negotiate.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Loose = any;

function parseJson(text: string): Loose {
  let value: Loose;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(jsonSyntaxError(text) ?? String(error));
  }
  if (text.length > MAX_DEPTH && scanJson(text).depth > MAX_DEPTH) throw new SyntaxError('exceeded max depth');
  return value;
}

function parseBody(body: Buffer, contentType: string): Loose {
  const type = contentType.split(';', 1)[0].trim().toLowerCase();
  switch (type) {
    case '':
    case 'application/json':
      return parseJson(body.toString());
    case 'application/yaml':
      return parseYaml(body.toString()).value;
    case 'application/vnd.kubernetes.protobuf':
      return decodeProtobuf(body, { apiVersion: 'meta.k8s.io/v1', kind: 'DeleteOptions' }).object;
    default:
      throw unsupportedMediaType(
        `the body of the request was in an unknown format - accepted media types include: ${mediaNames(ALL_FORMATS)}`,
      );
  }
}

function checkType(options: Loose, name: string, type: string): void {
  if (options[name] === undefined || options[name] === null || typeof options[name] === type) return;
  throw badRequest(
    `json: cannot unmarshal ${typeof options[name]} into Go struct field DeleteOptions.${name} of type ${type}`,
  );
}

/** DeleteOptions of a DELETE's body; undefined for an empty one. Throws 400 and 415. */
export function deleteOptionsOfBody(body: Buffer, contentType: string): DeleteOptions | undefined {
  if (body.length === 0) return undefined;
  let options: Loose;
  try {
    options = parseBody(body, contentType);
  } catch (error) {
    if (isStatusError(error)) throw error;
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw badRequest(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${Array.isArray(options) ? 'array' : typeof options} into Go value`,
    );
  }
  if (options.kind !== undefined && options.kind !== '' && options.kind !== 'DeleteOptions') {
    throw badRequest(`decoded object cannot be converted to DeleteOptions: ${JSON.stringify(options.kind)}`);
  }
  const { dryRun } = options;
  if (dryRun !== undefined && dryRun !== null && !(Array.isArray(dryRun) && dryRun.every((d) => typeof d === 'string')))
    throw badRequest(`json: cannot unmarshal ${typeof dryRun} into Go struct field DeleteOptions.dryRun of type []string`);
  const { preconditions } = options;
  if (preconditions !== undefined && preconditions !== null && (typeof preconditions !== 'object' || Array.isArray(preconditions)))
    throw badRequest(`json: cannot unmarshal ${Array.isArray(preconditions) ? 'array' : typeof preconditions} into Go struct field DeleteOptions.preconditions of type v1.Preconditions`);
  checkType(options, 'gracePeriodSeconds', 'number');
  checkType(options, 'orphanDependents', 'boolean');
  checkType(options, 'propagationPolicy', 'string');
  const present = (name: string): Loose => options[name] ?? undefined;
  return {
    dryRun: options.dryRun?.length ? options.dryRun : undefined,
    gracePeriodSeconds: present('gracePeriodSeconds'),
    orphanDependents: present('orphanDependents'),
    propagationPolicy: present('propagationPolicy'),
    preconditions: present('preconditions'),
    ignoreStoreReadErrorWithClusterBreakingPotential: present('ignoreStoreReadErrorWithClusterBreakingPotential'),
  };
}
