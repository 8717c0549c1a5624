import type { DeleteOptions } from '../../api/contract.ts';
import { bodyKind } from '../../kinds/body-kind.ts';
import { Walk } from '../../kinds/decode-struct.ts';
import { decodePatched, parseJson } from '../../kinds/decode.ts';
import { decodeProtobuf } from '../../kinds/protobuf/envelope.ts';
import { parseYaml, YamlError } from '../../kinds/yaml.ts';
import { withoutTokens } from '../../go/json-numbers.ts';
import type { KubeObject } from '../../meta/object.ts';
import { badRequest, unsupportedMediaType } from '../../meta/status.ts';
import { ALL_FORMATS, mediaNames } from '../negotiation/negotiate.ts';

const TYPE = { group: 'meta.k8s.io', version: 'v1', kind: 'DeleteOptions' };

function parseBody(body: Buffer, contentType: string): unknown {
  switch (contentType.split(';', 1)[0]!.trim().toLowerCase()) {
    case '':
    case 'application/json': {
      const { value, exact } = parseJson(body, (why) =>
        badRequest(`couldn't get version/kind; json parse error: ${why}`),
      );
      return exact ? withoutTokens(value) : value;
    }
    case 'application/yaml':
      return yaml(body.toString());
    case 'application/vnd.kubernetes.protobuf':
      return decodeProtobuf(body, { apiVersion: 'meta.k8s.io/v1', kind: TYPE.kind }).object;
    default:
      throw unsupportedMediaType(
        `the body of the request was in an unknown format - accepted media types include: ${mediaNames(ALL_FORMATS)}`,
      );
  }
}

function yaml(text: string): unknown {
  try {
    return parseYaml(text).value;
  } catch (error) {
    if (error instanceof YamlError) throw badRequest(error.message);
    throw error;
  }
}

/** DeleteOptions of a DELETE's body, of any group and version; undefined for an empty one. Throws 400 and 415. */
export function deleteOptionsOfBody(body: Buffer, contentType: string): DeleteOptions | undefined {
  if (body.length === 0) return undefined;
  const value = parseBody(body, contentType);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const { kind, apiVersion } = value as Record<string, unknown>;
    if (typeof kind === 'string' && kind !== '' && kind !== TYPE.kind) {
      const version = JSON.stringify(typeof apiVersion === 'string' && apiVersion ? apiVersion : 'v1');
      throw badRequest(
        `no kind ${JSON.stringify(kind)} is registered for version ${version} in scheme "pkg/runtime/scheme.go:111"`,
      );
    }
  }
  const type = bodyKind(TYPE)!;
  const walk = new Walk(type.schema);
  walk.anyKind = true;
  const refusal = { refuse: badRequest, refuseKind: badRequest };
  // options have no metadata
  const read: Omit<KubeObject, 'metadata'> = decodePatched(
    value as object,
    type,
    'Ignore',
    () => undefined,
    refusal,
    [],
    walk,
  );
  const {
    dryRun,
    gracePeriodSeconds,
    orphanDependents,
    propagationPolicy,
    preconditions,
    ignoreStoreReadErrorWithClusterBreakingPotential,
  } = read as DeleteOptions;
  return {
    dryRun: dryRun?.length ? dryRun : undefined,
    gracePeriodSeconds: gracePeriodSeconds === undefined ? undefined : Number(gracePeriodSeconds),
    orphanDependents,
    propagationPolicy,
    preconditions,
    ignoreStoreReadErrorWithClusterBreakingPotential,
  };
}
