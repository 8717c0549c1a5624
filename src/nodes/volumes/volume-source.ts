/** What a volume of a pod is on this machine, for containers to be shown. */
export interface VolumeSource {
  /** directory, file or device, absolute */
  path: string;
  /** no container may write to it, whatever its mount says */
  readOnly: boolean;
  /** `path` is what the pod's author says of the host, and not the node's own */
  host?: boolean;
  /** `path` is a block device: containers have it by `volumeDevices` and cannot mount it */
  block?: boolean;
}
