import type { Printer } from '../printer.ts';
import { since } from './shared.ts';

const size = (map: object | undefined): number => Object.keys(map ?? {}).length;

const configMaps: Printer = (object, now) => [
  object.metadata.name,
  size(object.data) + size(object.binaryData),
  since(object.metadata.creationTimestamp, now),
];
const secrets: Printer = (object, now) => [
  object.metadata.name,
  object.type ?? '',
  size(object.data),
  since(object.metadata.creationTimestamp, now),
];
const serviceAccounts: Printer = ({ metadata }, now) => [metadata.name, since(metadata.creationTimestamp, now)];
const namespaces: Printer = ({ metadata, status }, now) => [
  metadata.name,
  status?.phase ?? '',
  since(metadata.creationTimestamp, now),
];

/** Each resource as `name: used/hard`, limits in a column of their own. */
const quotas: Printer = ({ metadata, status }, now) => {
  const lines = { request: [] as string[], limit: [] as string[] };
  for (const name of Object.keys(status?.hard ?? {}).sort()) {
    lines[name.startsWith('limits.') ? 'limit' : 'request'].push(
      `${name}: ${status.used?.[name] ?? '0'}/${status.hard[name]}`,
    );
  }
  return [metadata.name, lines.request.join(', '), lines.limit.join(', '), since(metadata.creationTimestamp, now)];
};

export const configCells: Readonly<Record<string, Printer>> = {
  configmaps: configMaps,
  secrets,
  serviceaccounts: serviceAccounts,
  namespaces,
  resourcequotas: quotas,
};
