import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PackageDefinition } from '@grpc/proto-loader';
import { definition } from '../../src/rules/grpc/definition.ts';
import { Failure, FakeDriver, type Answers } from './csi-driver.ts';

/** What is mounted in a folder and below. */
export const mountsBelow = (folder: string): string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ')[4] ?? [])
    .filter((target) => target.startsWith(folder));
const isMounted = (target: string): boolean => mountsBelow(target).includes(target);

/** What a node never asks of a driver, and a test suite for drivers does. Numbers: csi.proto */
const BESIDE = () =>
  definition(
    'csi.v1',
    {
      Empty: {},
      Service: { type: 'ServiceType 1' },
      PluginCapability: { service: 'Service 1' },
      GetPluginCapabilitiesResponse: { capabilities: '[]PluginCapability 1' },
      // given back as they came
      ValidateVolumeCapabilitiesRequest: { volume_id: 'string 1', volume_capabilities: '[]bytes 3' },
      Confirmed: { volume_capabilities: '[]bytes 2' },
      ValidateVolumeCapabilitiesResponse: { confirmed: 'Confirmed 1' },
    },
    { ServiceType: { UNKNOWN: 0, CONTROLLER_SERVICE: 1 } },
    {
      Identity: { GetPluginCapabilities: ['Empty', 'GetPluginCapabilitiesResponse'] },
      Controller: {
        ValidateVolumeCapabilities: ['ValidateVolumeCapabilitiesRequest', 'ValidateVolumeCapabilitiesResponse'],
      },
    },
  );

/** @throws Failure as the specification wants it of what must be said */
function need(request: object, ...fields: string[]): void {
  for (const field of fields) {
    const value: unknown = (request as Record<string, unknown>)[field];
    if (Array.isArray(value) ? !value.length : !value) throw new Failure('INVALID_ARGUMENT', `${field} is missing`);
  }
}

/**
 * A driver that really mounts: each volume is a folder of its own, bound where it is staged and published. That it is
 * one is what the published test suite for drivers says of it.
 */
export class BindDriver extends FakeDriver {
  /** volumes that it was asked to make, by name */
  private readonly made = new Map<string, { id: string; bytes: number }>();
  private readonly store: string;

  constructor(name: string) {
    const store = mkdtempSync(join(tmpdir(), 'ku7s-csi-store-'));
    const folderOf = (id: string): string => {
      mkdirSync(join(store, id), { recursive: true });
      return join(store, id);
    };
    const bind = (from: string, to: string): Record<string, never> => {
      mkdirSync(to, { recursive: true });
      if (!isMounted(to)) execFileSync('mount', ['--bind', from, to]);
      return {};
    };
    const unbind = (at: string): Record<string, never> => {
      if (isMounted(at)) execFileSync('umount', [at]);
      return {};
    };
    const answers = {
      'csi.v1.Identity/GetPluginInfo': () => ({ name, vendor_version: '1' }),
      'csi.v1.Identity/GetPluginCapabilities': () => ({
        capabilities: [{ service: { type: 'CONTROLLER_SERVICE' } }],
      }),
      'csi.v1.Node/NodeStageVolume': (request) => {
        need(request, 'volume_id', 'staging_target_path', 'volume_capability');
        return bind(folderOf(request.volume_id), request.staging_target_path);
      },
      'csi.v1.Node/NodePublishVolume': (request) => {
        need(request, 'volume_id', 'target_path', 'volume_capability');
        return bind(request.staging_target_path || folderOf(request.volume_id), request.target_path);
      },
      'csi.v1.Node/NodeUnpublishVolume': (request) => {
        need(request, 'volume_id', 'target_path');
        unbind(request.target_path);
        if (existsSync(request.target_path)) rmdirSync(request.target_path);
        return {};
      },
      'csi.v1.Node/NodeUnstageVolume': (request) => {
        need(request, 'volume_id', 'staging_target_path');
        return unbind(request.staging_target_path);
      },
      'csi.v1.Controller/ControllerGetCapabilities': () => ({
        capabilities: [{ rpc: { type: 'CREATE_DELETE_VOLUME' } }],
      }),
      'csi.v1.Controller/CreateVolume': (request) => {
        need(request, 'name', 'volume_capabilities');
        const bytes = request.capacity_range?.required_bytes ?? 0;
        const volume = this.made.get(request.name) ?? { id: `made-${this.made.size}`, bytes };
        if (volume.bytes !== bytes) throw new Failure('ALREADY_EXISTS', 'it is of another size');
        this.made.set(request.name, volume);
        folderOf(volume.id);
        const { id: volume_id, bytes: capacity_bytes } = volume;
        return { volume: { volume_id, capacity_bytes, volume_context: {}, accessible_topology: [] } };
      },
      'csi.v1.Controller/DeleteVolume': (request) => {
        need(request, 'volume_id');
        for (const [key, { id }] of this.made) if (id === request.volume_id) this.made.delete(key);
        rmSync(join(store, request.volume_id), { recursive: true, force: true });
        return {};
      },
      'csi.v1.Controller/ValidateVolumeCapabilities': (request: {
        volume_id: string;
        volume_capabilities: Buffer[];
      }) => {
        need(request, 'volume_id', 'volume_capabilities');
        if (!existsSync(join(store, request.volume_id))) throw new Failure('NOT_FOUND', 'there is no such volume');
        return { confirmed: { volume_capabilities: request.volume_capabilities } };
      },
    } satisfies Answers & Record<string, unknown>;
    super(name, ['STAGE_UNSTAGE_VOLUME'], answers);
    this.store = store;
  }

  protected override services(): PackageDefinition {
    const services = super.services();
    for (const [name, more] of Object.entries(BESIDE()))
      services[name] = name in services ? ({ ...services[name], ...more } as typeof more) : more;
    return services;
  }

  override remove(): void {
    super.remove();
    rmSync(this.store, { recursive: true, force: true });
  }
}
