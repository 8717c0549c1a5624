/** Devices of a pod's claims could not be made ready; told as event FailedPrepareDynamicResources. */
export class DeviceError extends Error {}
