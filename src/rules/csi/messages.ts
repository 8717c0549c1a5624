/** What goes to and comes from a driver, under the specification's own names. What is left out is as if it were empty. */
type Strings = Readonly<Record<string, string>>;

export type AccessMode =
  | 'SINGLE_NODE_WRITER'
  | 'SINGLE_NODE_READER_ONLY'
  | 'MULTI_NODE_READER_ONLY'
  | 'MULTI_NODE_SINGLE_WRITER'
  | 'MULTI_NODE_MULTI_WRITER'
  | 'SINGLE_NODE_SINGLE_WRITER'
  | 'SINGLE_NODE_MULTI_WRITER';

export interface VolumeCapability {
  block?: Record<string, never>;
  mount?: { fs_type?: string; mount_flags?: readonly string[]; volume_mount_group?: string };
  access_mode: { mode: AccessMode };
}
export interface Topology {
  segments: Strings;
}
interface CapacityRange {
  /** bytes */
  required_bytes: number;
  limit_bytes?: number;
}
interface Capabilities {
  capabilities: { rpc: { type: string } | null }[];
}
interface OfVolume {
  volume_id: string;
}
type Empty = Record<string, never>;

/** A claim whose devices a driver is to make ready. */
export interface DeviceClaim {
  namespace: string;
  uid: string;
  name: string;
}
/** A device that a driver has made ready: for which requests of the claim (none: all), and its names in CDI files. */
export interface PreparedDevice {
  request_names: string[];
  pool_name: string;
  device_name: string;
  cdi_device_ids: string[];
}

/** By method: request and answer. */
export interface Calls {
  'k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin/NodePrepareResources': [
    { claims: readonly DeviceClaim[] },
    { claims: Record<string, { devices: PreparedDevice[]; error: string }> },
  ];
  'k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin/NodeUnprepareResources': [
    { claims: readonly DeviceClaim[] },
    { claims: Record<string, { error: string }> },
  ];
  'pluginregistration.Registration/GetInfo': [
    Empty,
    { type: string; name: string; endpoint: string; supported_versions: string[] },
  ];
  'pluginregistration.Registration/NotifyRegistrationStatus': [{ plugin_registered: boolean; error: string }, Empty];
  'csi.v1.Identity/GetPluginInfo': [Empty, { name: string; vendor_version: string }];
  'csi.v1.Identity/Probe': [Empty, { ready: { value: boolean } | null }];
  'csi.v1.Node/NodeGetInfo': [
    Empty,
    { node_id: string; max_volumes_per_node: number; accessible_topology: Topology | null },
  ];
  'csi.v1.Node/NodeGetCapabilities': [Empty, Capabilities];
  'csi.v1.Node/NodeStageVolume': [
    OfVolume & {
      publish_context: Strings;
      staging_target_path: string;
      volume_capability: VolumeCapability;
      secrets: Strings;
      volume_context: Strings;
    },
    Empty,
  ];
  'csi.v1.Node/NodeUnstageVolume': [OfVolume & { staging_target_path: string }, Empty];
  'csi.v1.Node/NodePublishVolume': [
    OfVolume & {
      publish_context: Strings;
      staging_target_path: string;
      target_path: string;
      volume_capability: VolumeCapability;
      readonly: boolean;
      secrets: Strings;
      volume_context: Strings;
    },
    Empty,
  ];
  'csi.v1.Node/NodeUnpublishVolume': [OfVolume & { target_path: string }, Empty];
  'csi.v1.Node/NodeGetVolumeStats': [
    OfVolume & { volume_path: string; staging_target_path: string },
    { usage: { available: number; total: number; used: number; unit: 'UNKNOWN' | 'BYTES' | 'INODES' }[] },
  ];
  'csi.v1.Node/NodeExpandVolume': [
    OfVolume & {
      volume_path: string;
      capacity_range: CapacityRange;
      staging_target_path: string;
      volume_capability: VolumeCapability;
      secrets: Strings;
    },
    { capacity_bytes: number },
  ];
  'csi.v1.Controller/ControllerGetCapabilities': [Empty, Capabilities];
  'csi.v1.Controller/CreateVolume': [
    {
      name: string;
      capacity_range: CapacityRange;
      volume_capabilities: readonly VolumeCapability[];
      parameters: Strings;
      secrets: Strings;
      volume_content_source?: { snapshot?: { snapshot_id: string }; volume?: { volume_id: string } };
      accessibility_requirements?: { requisite: readonly Topology[]; preferred: readonly Topology[] };
    },
    {
      volume: {
        capacity_bytes: number;
        volume_id: string;
        volume_context: Record<string, string>;
        accessible_topology: Topology[];
      } | null;
    },
  ];
  'csi.v1.Controller/DeleteVolume': [OfVolume & { secrets: Strings }, Empty];
  'csi.v1.Controller/ControllerPublishVolume': [
    OfVolume & {
      node_id: string;
      volume_capability: VolumeCapability;
      readonly: boolean;
      secrets: Strings;
      volume_context: Strings;
    },
    { publish_context: Record<string, string> },
  ];
  'csi.v1.Controller/ControllerUnpublishVolume': [OfVolume & { node_id: string; secrets: Strings }, Empty];
  'csi.v1.Controller/ControllerExpandVolume': [
    OfVolume & { capacity_range: CapacityRange; secrets: Strings; volume_capability: VolumeCapability },
    { capacity_bytes: number; node_expansion_required: boolean },
  ];
}
export type Method = keyof Calls;
