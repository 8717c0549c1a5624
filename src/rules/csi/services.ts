import type { PackageDefinition } from '@grpc/proto-loader';
import { definition } from '../grpc/definition.ts';

const VOLUME = { volume_id: 'string 1' };
const NODE_RPC = {
  STAGE_UNSTAGE_VOLUME: 1,
  GET_VOLUME_STATS: 2,
  EXPAND_VOLUME: 3,
  SINGLE_NODE_MULTI_WRITER: 5,
  VOLUME_MOUNT_GROUP: 6,
};
const CONTROLLER_RPC = {
  CREATE_DELETE_VOLUME: 1,
  PUBLISH_UNPUBLISH_VOLUME: 2,
  LIST_VOLUMES: 3,
  GET_CAPACITY: 4,
  CREATE_DELETE_SNAPSHOT: 5,
  CLONE_VOLUME: 7,
  EXPAND_VOLUME: 9,
  SINGLE_NODE_MULTI_WRITER: 13,
};
const ACCESS_MODE = {
  SINGLE_NODE_WRITER: 1,
  SINGLE_NODE_READER_ONLY: 2,
  MULTI_NODE_READER_ONLY: 3,
  MULTI_NODE_SINGLE_WRITER: 4,
  MULTI_NODE_MULTI_WRITER: 5,
  SINGLE_NODE_SINGLE_WRITER: 6,
  SINGLE_NODE_MULTI_WRITER: 7,
};

/** The Container Storage Interface 1.x. Numbers: github.com/container-storage-interface/spec, csi.proto. */
export const csi = (): PackageDefinition =>
  definition(
    'csi.v1',
    {
      Empty: {},
      GetPluginInfoResponse: { name: 'string 1', vendor_version: 'string 2' },
      BoolValue: { value: 'bool 1' },
      ProbeResponse: { ready: 'BoolValue 1' },
      Topology: { segments: '{}string 1' },
      NodeGetInfoResponse: { node_id: 'string 1', max_volumes_per_node: 'int64 2', accessible_topology: 'Topology 3' },
      NodeRpc: { type: 'NodeRpcType 1' },
      NodeServiceCapability: { rpc: 'NodeRpc 1' },
      NodeGetCapabilitiesResponse: { capabilities: '[]NodeServiceCapability 1' },
      BlockVolume: {},
      MountVolume: { fs_type: 'string 1', mount_flags: '[]string 2', volume_mount_group: 'string 3' },
      AccessMode: { mode: 'Mode 1' },
      VolumeCapability: { block: 'BlockVolume 1', mount: 'MountVolume 2', access_mode: 'AccessMode 3' },
      CapacityRange: { required_bytes: 'int64 1', limit_bytes: 'int64 2' },
      NodeStageVolumeRequest: {
        ...VOLUME,
        publish_context: '{}string 2',
        staging_target_path: 'string 3',
        volume_capability: 'VolumeCapability 4',
        secrets: '{}string 5',
        volume_context: '{}string 6',
      },
      NodeUnstageVolumeRequest: { ...VOLUME, staging_target_path: 'string 2' },
      NodePublishVolumeRequest: {
        ...VOLUME,
        publish_context: '{}string 2',
        staging_target_path: 'string 3',
        target_path: 'string 4',
        volume_capability: 'VolumeCapability 5',
        readonly: 'bool 6',
        secrets: '{}string 7',
        volume_context: '{}string 8',
      },
      NodeUnpublishVolumeRequest: { ...VOLUME, target_path: 'string 2' },
      NodeGetVolumeStatsRequest: { ...VOLUME, volume_path: 'string 2', staging_target_path: 'string 3' },
      VolumeUsage: { available: 'int64 1', total: 'int64 2', used: 'int64 3', unit: 'Unit 4' },
      NodeGetVolumeStatsResponse: { usage: '[]VolumeUsage 1' },
      NodeExpandVolumeRequest: {
        ...VOLUME,
        volume_path: 'string 2',
        capacity_range: 'CapacityRange 3',
        staging_target_path: 'string 4',
        volume_capability: 'VolumeCapability 5',
        secrets: '{}string 6',
      },
      NodeExpandVolumeResponse: { capacity_bytes: 'int64 1' },
      ControllerRpc: { type: 'ControllerRpcType 1' },
      ControllerServiceCapability: { rpc: 'ControllerRpc 1' },
      ControllerGetCapabilitiesResponse: { capabilities: '[]ControllerServiceCapability 1' },
      TopologyRequirement: { requisite: '[]Topology 1', preferred: '[]Topology 2' },
      SnapshotSource: { snapshot_id: 'string 1' },
      VolumeSource: { volume_id: 'string 1' },
      VolumeContentSource: { snapshot: 'SnapshotSource 1', volume: 'VolumeSource 2' },
      CreateVolumeRequest: {
        name: 'string 1',
        capacity_range: 'CapacityRange 2',
        volume_capabilities: '[]VolumeCapability 3',
        parameters: '{}string 4',
        secrets: '{}string 5',
        volume_content_source: 'VolumeContentSource 6',
        accessibility_requirements: 'TopologyRequirement 7',
      },
      Volume: {
        capacity_bytes: 'int64 1',
        volume_id: 'string 2',
        volume_context: '{}string 3',
        accessible_topology: '[]Topology 5',
      },
      CreateVolumeResponse: { volume: 'Volume 1' },
      DeleteVolumeRequest: { ...VOLUME, secrets: '{}string 2' },
      ControllerPublishVolumeRequest: {
        ...VOLUME,
        node_id: 'string 2',
        volume_capability: 'VolumeCapability 3',
        readonly: 'bool 4',
        secrets: '{}string 5',
        volume_context: '{}string 6',
      },
      ControllerPublishVolumeResponse: { publish_context: '{}string 1' },
      ControllerUnpublishVolumeRequest: { ...VOLUME, node_id: 'string 2', secrets: '{}string 3' },
      ControllerExpandVolumeRequest: {
        ...VOLUME,
        capacity_range: 'CapacityRange 2',
        secrets: '{}string 3',
        volume_capability: 'VolumeCapability 4',
      },
      ControllerExpandVolumeResponse: { capacity_bytes: 'int64 1', node_expansion_required: 'bool 2' },
    },
    {
      NodeRpcType: { UNKNOWN: 0, ...NODE_RPC },
      ControllerRpcType: { UNKNOWN: 0, ...CONTROLLER_RPC },
      Mode: { UNKNOWN: 0, ...ACCESS_MODE },
      Unit: { UNKNOWN: 0, BYTES: 1, INODES: 2 },
    },
    {
      Identity: { GetPluginInfo: ['Empty', 'GetPluginInfoResponse'], Probe: ['Empty', 'ProbeResponse'] },
      Node: {
        NodeGetInfo: ['Empty', 'NodeGetInfoResponse'],
        NodeGetCapabilities: ['Empty', 'NodeGetCapabilitiesResponse'],
        NodeStageVolume: ['NodeStageVolumeRequest', 'Empty'],
        NodeUnstageVolume: ['NodeUnstageVolumeRequest', 'Empty'],
        NodePublishVolume: ['NodePublishVolumeRequest', 'Empty'],
        NodeUnpublishVolume: ['NodeUnpublishVolumeRequest', 'Empty'],
        NodeGetVolumeStats: ['NodeGetVolumeStatsRequest', 'NodeGetVolumeStatsResponse'],
        NodeExpandVolume: ['NodeExpandVolumeRequest', 'NodeExpandVolumeResponse'],
      },
      Controller: {
        ControllerGetCapabilities: ['Empty', 'ControllerGetCapabilitiesResponse'],
        CreateVolume: ['CreateVolumeRequest', 'CreateVolumeResponse'],
        DeleteVolume: ['DeleteVolumeRequest', 'Empty'],
        ControllerPublishVolume: ['ControllerPublishVolumeRequest', 'ControllerPublishVolumeResponse'],
        ControllerUnpublishVolume: ['ControllerUnpublishVolumeRequest', 'Empty'],
        ControllerExpandVolume: ['ControllerExpandVolumeRequest', 'ControllerExpandVolumeResponse'],
      },
    },
  );

/** How plugins make themselves known to a kubelet. Numbers: k8s.io/kubelet, pluginregistration/v1. */
export const registration = (): PackageDefinition =>
  definition(
    'pluginregistration',
    {
      InfoRequest: {},
      PluginInfo: { type: 'string 1', name: 'string 2', endpoint: 'string 3', supported_versions: '[]string 4' },
      RegistrationStatus: { plugin_registered: 'bool 1', error: 'string 2' },
      RegistrationStatusResponse: {},
    },
    {},
    {
      Registration: {
        GetInfo: ['InfoRequest', 'PluginInfo'],
        NotifyRegistrationStatus: ['RegistrationStatus', 'RegistrationStatusResponse'],
      },
    },
  );

/** Dynamic resource allocation at a node. Numbers: k8s.io/kubelet, dra/v1. */
export const dra = (): PackageDefinition =>
  definition(
    'k8s.io.kubelet.pkg.apis.dra.v1',
    {
      Claim: { namespace: 'string 1', uid: 'string 2', name: 'string 3' },
      Device: {
        request_names: '[]string 1',
        pool_name: 'string 2',
        device_name: 'string 3',
        cdi_device_ids: '[]string 4',
      },
      NodePrepareResourcesRequest: { claims: '[]Claim 1' },
      NodePrepareResourceResponse: { devices: '[]Device 1', error: 'string 2' },
      NodePrepareResourcesResponse: { claims: '{}NodePrepareResourceResponse 1' },
      NodeUnprepareResourcesRequest: { claims: '[]Claim 1' },
      NodeUnprepareResourceResponse: { error: 'string 1' },
      NodeUnprepareResourcesResponse: { claims: '{}NodeUnprepareResourceResponse 1' },
    },
    {},
    {
      DRAPlugin: {
        NodePrepareResources: ['NodePrepareResourcesRequest', 'NodePrepareResourcesResponse'],
        NodeUnprepareResources: ['NodeUnprepareResourcesRequest', 'NodeUnprepareResourcesResponse'],
      },
    },
  );
