export interface SandboxMetadata {
  name: string;
  uid: string;
  namespace: string;
  attempt: number;
}
export interface NamespaceOption {
  network?: NamespaceMode;
  pid?: NamespaceMode;
  ipc?: NamespaceMode;
  target_id?: string;
}
export type NamespaceMode = 'POD' | 'CONTAINER' | 'NODE' | 'TARGET';
export interface SecurityProfile {
  profile_type: 'RuntimeDefault' | 'Unconfined' | 'Localhost';
  localhost_ref?: string;
}
export interface Resources {
  cpu_period?: number;
  cpu_quota?: number;
  cpu_shares?: number;
  memory_limit_in_bytes?: number;
  oom_score_adj?: number;
}
export interface SandboxConfig {
  metadata: SandboxMetadata;
  hostname: string;
  log_directory: string;
  labels: Readonly<Record<string, string>>;
  linux: {
    cgroup_parent: string;
    security_context: { namespace_options: NamespaceOption; privileged: boolean; seccomp: SecurityProfile };
    sysctls: Readonly<Record<string, string>>;
  };
}
export interface Mount {
  container_path: string;
  host_path: string;
  readonly: boolean;
  propagation: 'PROPAGATION_PRIVATE' | 'PROPAGATION_HOST_TO_CONTAINER' | 'PROPAGATION_BIDIRECTIONAL';
}
export interface Device {
  container_path: string;
  host_path: string;
  /** of `m`, `r`, `w` */
  permissions: string;
}
export interface ContainerSecurityContext {
  capabilities: { add_capabilities: readonly string[]; drop_capabilities: readonly string[] };
  privileged: boolean;
  namespace_options: NamespaceOption;
  run_as_user: { value: number };
  run_as_group: { value: number };
  readonly_rootfs: boolean;
  supplemental_groups: readonly number[];
  no_new_privs: boolean;
  masked_paths: readonly string[];
  readonly_paths: readonly string[];
  seccomp: SecurityProfile;
  apparmor?: SecurityProfile;
}
export interface ContainerConfig {
  metadata: { name: string; attempt: number };
  image: { image: string };
  command: readonly string[];
  working_dir: string;
  envs: readonly { key: string; value: string }[];
  mounts: readonly Mount[];
  devices: readonly Device[];
  labels: Readonly<Record<string, string>>;
  log_path: string;
  stdin: boolean;
  tty: boolean;
  linux: { resources: Resources; security_context: ContainerSecurityContext };
}
export type ContainerState = 'CONTAINER_CREATED' | 'CONTAINER_RUNNING' | 'CONTAINER_EXITED' | 'CONTAINER_UNKNOWN';
export interface ListedContainer {
  id: string;
  pod_sandbox_id: string;
  metadata: { name: string; attempt: number };
  state: ContainerState;
  labels: Readonly<Record<string, string>>;
}
export interface ContainerStatus {
  id: string;
  state: ContainerState;
  /** ns since the epoch */
  started_at: number;
  finished_at: number;
  exit_code: number;
  reason: string;
  message: string;
}
export interface CriImage {
  id: string;
  repo_tags: readonly string[];
  repo_digests: readonly string[];
  size: number;
  pinned: boolean;
}
export interface AuthConfig {
  username?: string;
  password?: string;
  identity_token?: string;
  registry_token?: string;
}

type None = Readonly<Record<string, never>>;
interface OfSandbox {
  pod_sandbox_id: string;
}
interface OfContainer {
  container_id: string;
}

/** Request and answer of each method; `SERVICE/METHOD`. */
export interface Calls {
  'RuntimeService/Version': [None, { runtime_name: string; runtime_version: string }];
  'RuntimeService/Status': [
    None,
    { status: { conditions: { type: string; status: boolean; reason: string; message: string }[] } },
  ];
  'RuntimeService/RunPodSandbox': [{ config: SandboxConfig }, OfSandbox];
  'RuntimeService/StopPodSandbox': [OfSandbox, None];
  'RuntimeService/RemovePodSandbox': [OfSandbox, None];
  'RuntimeService/ListPodSandbox': [
    None,
    { items: { id: string; metadata: SandboxMetadata; state: 'SANDBOX_READY' | 'SANDBOX_NOTREADY' }[] },
  ];
  'RuntimeService/CreateContainer': [
    OfSandbox & { config: ContainerConfig; sandbox_config: SandboxConfig },
    OfContainer,
  ];
  'RuntimeService/StartContainer': [OfContainer, None];
  'RuntimeService/StopContainer': [OfContainer & { timeout: number }, None];
  'RuntimeService/RemoveContainer': [OfContainer, None];
  'RuntimeService/ListContainers': [None, { containers: ListedContainer[] }];
  'RuntimeService/ContainerStatus': [
    OfContainer & { verbose: boolean },
    { status: ContainerStatus; info: Readonly<Record<string, string>> },
  ];
  'RuntimeService/UpdateContainerResources': [OfContainer & { linux: Resources }, None];
  'RuntimeService/ReopenContainerLog': [OfContainer, None];
  'RuntimeService/Exec': [
    OfContainer & { cmd: readonly string[]; tty: boolean; stdin: boolean; stdout: boolean; stderr: boolean },
    { url: string },
  ];
  'RuntimeService/Attach': [
    OfContainer & { tty: boolean; stdin: boolean; stdout: boolean; stderr: boolean },
    { url: string },
  ];
  'ImageService/ListImages': [None, { images: CriImage[] }];
  'ImageService/ImageStatus': [
    { image: { image: string }; verbose: boolean },
    { image: CriImage | null; info: Readonly<Record<string, string>> },
  ];
  'ImageService/PullImage': [{ image: { image: string }; auth?: AuthConfig }, { image_ref: string }];
  'ImageService/RemoveImage': [{ image: { image: string } }, None];
  'ImageService/ImageFsInfo': [
    None,
    {
      image_filesystems: {
        fs_id: { mountpoint: string } | null;
        used_bytes: { value: number } | null;
        inodes_used: { value: number } | null;
      }[];
    },
  ];
}
export type Method = keyof Calls;
