import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { isRecord } from '../../meta/record.ts';
import type { BindMount } from '../runtimes/runtime.ts';

/** Where drivers say what a device is to a container; the same device in a later folder goes before. */
const CDI_FOLDERS = ['/etc/cdi', '/var/run/cdi'];
/** bytes of one such file: YAML takes two seconds a MiB, in which the node does nothing else, JSON some ms */
const MAX_FILE = { json: 4 * 1024 * 1024, yaml: 256 * 1024 } as const;
/** Files that are remembered as they were read. */
const MAX_KNOWN = 64;
const filesRead = new Map<string, { version: string; read: Fields | undefined }>();

/** What a container gets with a device. */
export interface DeviceEdits {
  env: Record<string, string>;
  mounts: BindMount[];
}

/**
 * What containers get with devices, of the Container Device Interface: variables, mounts and device nodes. Hooks and
 * whatever else a file may ask for are refused. Source: tags.cncf.io/container-device-interface, specs-go.
 * @param ids `VENDOR/CLASS=NAME`
 * @throws Error for a device that no file has, or that asks for more
 */
export function deviceEdits(ids: readonly string[], folders: readonly string[] = CDI_FOLDERS): DeviceEdits {
  const edits: DeviceEdits = { env: {}, mounts: [] };
  if (ids.length === 0) return edits;
  const known = devicesIn(folders);
  const kinds = new Set<unknown>();
  for (const id of new Set(ids)) {
    const found = known.get(id);
    if (!found) throw new Error(`unresolvable CDI devices ${id}`);
    // what is said of all devices of a file comes first, and once
    if (!kinds.has(found.file)) apply(found.file['containerEdits'], id, edits);
    kinds.add(found.file);
    apply(found.device['containerEdits'], id, edits);
  }
  return edits;
}

type Fields = Record<string, unknown>;
interface Found {
  file: Fields;
  device: Fields;
}

function devicesIn(folders: readonly string[]): Map<string, Found> {
  const found = new Map<string, Found>();
  for (const folder of folders) {
    for (const name of filesIn(folder)) {
      const file = readFile(join(folder, name));
      const { kind, devices } = file ?? {};
      if (!file || typeof kind !== 'string' || !Array.isArray(devices)) continue;
      for (const device of devices)
        if (isRecord(device) && typeof device['name'] === 'string')
          found.set(`${kind}=${device['name']}`, { file, device });
    }
  }
  return found;
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /\.(json|yaml)$/.test(name))
      .sort();
  } catch {
    return [];
  }
}

/** Undefined for what is no such file: another driver's fault is not this one's. One that is as it was is not read again. */
function readFile(path: string): Fields | undefined {
  try {
    const { ino, size, mtimeMs } = statSync(path);
    const version = `${ino} ${size} ${mtimeMs}`;
    const before = filesRead.get(path);
    if (before?.version === version) return before.read;
    const read = size > MAX_FILE[path.endsWith('.json') ? 'json' : 'yaml'] ? undefined : parsed(path);
    const [oldest] = filesRead.keys();
    if (filesRead.size >= MAX_KNOWN && !before && oldest !== undefined) filesRead.delete(oldest);
    filesRead.set(path, { version, read });
    return read;
  } catch {
    return undefined;
  }
}

function parsed(path: string): Fields | undefined {
  const text = readFileSync(path, 'utf8');
  try {
    const read: unknown = path.endsWith('.json') ? JSON.parse(text) : parse(text);
    return isRecord(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

const REFUSED = ['hooks', 'intelRdt', 'netDevices', 'additionalGids'];
const records = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isRecord) : []);
const text = (value: unknown): string | undefined => (typeof value === 'string' && value ? value : undefined);

function apply(given: unknown, id: string, { env, mounts }: DeviceEdits): void {
  if (!isRecord(given)) return;
  for (const field of REFUSED)
    if (given[field] !== undefined) throw new Error(`CDI device ${id}: ${field} is not supported by this node`);
  for (const entry of Array.isArray(given['env']) ? given['env'] : []) {
    const [, name = '', value = ''] = /^([^=]+)=([^]*)$/.exec(String(entry)) ?? [];
    if (name) env[name] = value;
  }
  for (const { hostPath, containerPath, options } of records(given['mounts'])) {
    const [source, target] = [text(hostPath), text(containerPath)];
    if (source === undefined || target === undefined) throw new Error(`CDI device ${id}: invalid mount`);
    const readOnly = Array.isArray(options) && options.includes('ro');
    mounts.push({ source, target, readOnly, file: !statSync(source).isDirectory() });
  }
  for (const { path, hostPath, permissions } of records(given['deviceNodes'])) {
    const target = text(path);
    if (target === undefined) throw new Error(`CDI device ${id}: invalid device node`);
    const readOnly = text(permissions) !== undefined && !String(permissions).includes('w');
    mounts.push({ source: text(hostPath) ?? target, target, readOnly, file: true, device: true });
  }
}
