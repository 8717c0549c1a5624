import { encodeProtobuf } from '../../kinds/protobuf/envelope.ts';
import { stringifyExact } from '../../go/json-numbers.ts';
import type { Status } from '../../meta/status.ts';
import type { Media } from '../negotiation/negotiate.ts';
import { toYaml } from '../../kinds/yaml/write-yaml.ts';

/** A Status in the negotiated form, with its line end where the form has one. */
export function encodeStatus(status: Status, media: Media): Buffer {
  if (media.format === 'protobuf') return encodeProtobuf('v1', 'Status', status);
  return encodePlain(status, media);
}

/** Any JSON value as JSON (one line, or indented) or YAML. */
export const encodePlain = (value: unknown, media: Media): Buffer =>
  Buffer.from(media.format === 'yaml' ? toYaml(value) : `${stringifyExact(value, media.pretty ? 2 : undefined)}\n`);
