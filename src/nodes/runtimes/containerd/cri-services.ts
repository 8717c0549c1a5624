import { fromJSON, type PackageDefinition } from '@grpc/proto-loader';

/** Fields of a message, `NAME: 'TYPE NUMBER'`; a type may be repeated (`[]TYPE`) or a map from strings (`{}TYPE`). */
type Fields = Readonly<Record<string, string>>;

const METADATA = { name: 'string 1', uid: 'string 2', namespace: 'string 3', attempt: 'uint32 4' };
const ID = { pod_sandbox_id: 'string 1' };
const CONTAINER_ID = { container_id: 'string 1' };

/** What of CRI v1 is used here; other fields that a runtime sends are passed over. Source: k8s.io/cri-api runtime/v1. */
const MESSAGES: Readonly<Record<string, Fields>> = {
  Empty: {},
  Int64Value: { value: 'int64 1' },
  UInt64Value: { value: 'uint64 1' },
  KeyValue: { key: 'string 1', value: 'string 2' },
  PodSandboxMetadata: METADATA,
  ContainerMetadata: { name: 'string 1', attempt: 'uint32 2' },
  NamespaceOption: {
    network: 'NamespaceMode 1',
    pid: 'NamespaceMode 2',
    ipc: 'NamespaceMode 3',
    target_id: 'string 4',
  },
  SecurityProfile: { profile_type: 'ProfileType 1', localhost_ref: 'string 2' },
  Capability: { add_capabilities: '[]string 1', drop_capabilities: '[]string 2' },
  Resources: {
    cpu_period: 'int64 1',
    cpu_quota: 'int64 2',
    cpu_shares: 'int64 3',
    memory_limit_in_bytes: 'int64 4',
    oom_score_adj: 'int64 5',
  },
  SandboxSecurity: { namespace_options: 'NamespaceOption 1', privileged: 'bool 6', seccomp: 'SecurityProfile 9' },
  LinuxSandbox: { cgroup_parent: 'string 1', security_context: 'SandboxSecurity 2', sysctls: '{}string 3' },
  PodSandboxConfig: {
    metadata: 'PodSandboxMetadata 1',
    hostname: 'string 2',
    log_directory: 'string 3',
    labels: '{}string 6',
    linux: 'LinuxSandbox 8',
  },
  ContainerSecurity: {
    capabilities: 'Capability 1',
    privileged: 'bool 2',
    namespace_options: 'NamespaceOption 3',
    run_as_user: 'Int64Value 5',
    run_as_group: 'Int64Value 12',
    readonly_rootfs: 'bool 7',
    supplemental_groups: '[]int64 8',
    no_new_privs: 'bool 11',
    masked_paths: '[]string 13',
    readonly_paths: '[]string 14',
    seccomp: 'SecurityProfile 15',
    apparmor: 'SecurityProfile 16',
  },
  LinuxContainer: { resources: 'Resources 1', security_context: 'ContainerSecurity 2' },
  Mount: { container_path: 'string 1', host_path: 'string 2', readonly: 'bool 3', propagation: 'MountPropagation 5' },
  ImageSpec: { image: 'string 1' },
  ContainerConfig: {
    metadata: 'ContainerMetadata 1',
    image: 'ImageSpec 2',
    command: '[]string 3',
    working_dir: 'string 5',
    envs: '[]KeyValue 6',
    mounts: '[]Mount 7',
    labels: '{}string 9',
    log_path: 'string 11',
    stdin: 'bool 12',
    tty: 'bool 14',
    linux: 'LinuxContainer 15',
  },
  Container: {
    id: 'string 1',
    pod_sandbox_id: 'string 2',
    metadata: 'ContainerMetadata 3',
    state: 'ContainerState 6',
    labels: '{}string 8',
  },
  ContainerStatus: {
    id: 'string 1',
    state: 'ContainerState 3',
    started_at: 'int64 5',
    finished_at: 'int64 6',
    exit_code: 'int32 7',
    reason: 'string 10',
    message: 'string 11',
  },
  PodSandbox: { id: 'string 1', metadata: 'PodSandboxMetadata 2', state: 'PodSandboxState 3' },
  Image: {
    id: 'string 1',
    repo_tags: '[]string 2',
    repo_digests: '[]string 3',
    size: 'uint64 4',
    pinned: 'bool 8',
  },
  AuthConfig: { username: 'string 1', password: 'string 2', identity_token: 'string 5', registry_token: 'string 6' },
  FilesystemIdentifier: { mountpoint: 'string 1' },
  FilesystemUsage: { fs_id: 'FilesystemIdentifier 2', used_bytes: 'UInt64Value 3', inodes_used: 'UInt64Value 4' },
  Condition: { type: 'string 1', status: 'bool 2', reason: 'string 3', message: 'string 4' },
  RuntimeStatus: { conditions: '[]Condition 1' },

  VersionAnswer: { runtime_name: 'string 2', runtime_version: 'string 3' },
  StatusAnswer: { status: 'RuntimeStatus 1' },
  RunSandbox: { config: 'PodSandboxConfig 1' },
  SandboxAnswer: ID,
  SandboxRequest: ID,
  Sandboxes: { items: '[]PodSandbox 1' },
  CreateContainer: { pod_sandbox_id: 'string 1', config: 'ContainerConfig 2', sandbox_config: 'PodSandboxConfig 3' },
  ContainerAnswer: CONTAINER_ID,
  ContainerRequest: { container_id: 'string 1', verbose: 'bool 2' },
  StopContainer: { container_id: 'string 1', timeout: 'int64 2' },
  Containers: { containers: '[]Container 1' },
  ContainerStatusAnswer: { status: 'ContainerStatus 1', info: '{}string 2' },
  Update: { container_id: 'string 1', linux: 'Resources 2' },
  Exec: {
    container_id: 'string 1',
    cmd: '[]string 2',
    tty: 'bool 3',
    stdin: 'bool 4',
    stdout: 'bool 5',
    stderr: 'bool 6',
  },
  Attach: { container_id: 'string 1', stdin: 'bool 2', tty: 'bool 3', stdout: 'bool 4', stderr: 'bool 5' },
  UrlAnswer: { url: 'string 1' },
  Images: { images: '[]Image 1' },
  ImageRequest: { image: 'ImageSpec 1', verbose: 'bool 2' },
  ImageAnswer: { image: 'Image 1', info: '{}string 2' },
  PullImage: { image: 'ImageSpec 1', auth: 'AuthConfig 2' },
  PullAnswer: { image_ref: 'string 1' },
  FsInfo: { image_filesystems: '[]FilesystemUsage 1' },
};

const ENUMS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  NamespaceMode: { POD: 0, CONTAINER: 1, NODE: 2, TARGET: 3 },
  ProfileType: { RuntimeDefault: 0, Unconfined: 1, Localhost: 2 },
  MountPropagation: { PROPAGATION_PRIVATE: 0, PROPAGATION_HOST_TO_CONTAINER: 1, PROPAGATION_BIDIRECTIONAL: 2 },
  ContainerState: { CONTAINER_CREATED: 0, CONTAINER_RUNNING: 1, CONTAINER_EXITED: 2, CONTAINER_UNKNOWN: 3 },
  PodSandboxState: { SANDBOX_READY: 0, SANDBOX_NOTREADY: 1 },
};

/** Method: request and answer. */
const SERVICES: Readonly<Record<string, Readonly<Record<string, readonly [string, string]>>>> = {
  RuntimeService: {
    Version: ['Empty', 'VersionAnswer'],
    Status: ['Empty', 'StatusAnswer'],
    RunPodSandbox: ['RunSandbox', 'SandboxAnswer'],
    StopPodSandbox: ['SandboxRequest', 'Empty'],
    RemovePodSandbox: ['SandboxRequest', 'Empty'],
    ListPodSandbox: ['Empty', 'Sandboxes'],
    CreateContainer: ['CreateContainer', 'ContainerAnswer'],
    StartContainer: ['ContainerRequest', 'Empty'],
    StopContainer: ['StopContainer', 'Empty'],
    RemoveContainer: ['ContainerRequest', 'Empty'],
    ListContainers: ['Empty', 'Containers'],
    ContainerStatus: ['ContainerRequest', 'ContainerStatusAnswer'],
    UpdateContainerResources: ['Update', 'Empty'],
    ReopenContainerLog: ['ContainerRequest', 'Empty'],
    Exec: ['Exec', 'UrlAnswer'],
    Attach: ['Attach', 'UrlAnswer'],
  },
  ImageService: {
    ListImages: ['Empty', 'Images'],
    ImageStatus: ['ImageRequest', 'ImageAnswer'],
    PullImage: ['PullImage', 'PullAnswer'],
    RemoveImage: ['ImageRequest', 'Empty'],
    ImageFsInfo: ['Empty', 'FsInfo'],
  },
};

const field = (text: string): object => {
  const [type = '', id] = text.split(' ');
  if (type.startsWith('{}')) return { keyType: 'string', type: type.slice(2), id: Number(id) };
  return { type: type.replace('[]', ''), id: Number(id), ...(type.startsWith('[]') && { rule: 'repeated' }) };
};
const mapValues = <T, R>(from: Readonly<Record<string, T>>, to: (value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(from).map(([key, value]) => [key, to(value)]));

/** Names as they are written in the specification, 64-bit numbers as numbers, enums by name, nothing undefined. */
const OPTIONS = { keepCase: true, longs: Number, enums: String, defaults: true, arrays: true, objects: true };

/** The description of CRI v1 for gRPC. */
export function criServices(): PackageDefinition {
  const nested = {
    ...mapValues(MESSAGES, (fields) => ({ fields: mapValues(fields, field) })),
    ...mapValues(ENUMS, (values) => ({ values: { ...values } })),
    ...mapValues(SERVICES, (methods) => ({
      methods: mapValues(methods, ([requestType, responseType]) => ({ requestType, responseType })),
    })),
  };
  const root: object = { nested: { runtime: { nested: { v1: { nested } } } } };
  return fromJSON(root, OPTIONS);
}
