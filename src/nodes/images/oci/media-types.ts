const OCI = 'application/vnd.oci.image';
const DOCKER = 'application/vnd.docker';

export const INDEX_TYPES: readonly string[] = [`${OCI}.index.v1+json`, `${DOCKER}.distribution.manifest.list.v2+json`];
export const MANIFEST_TYPES: readonly string[] = [`${OCI}.manifest.v1+json`, `${DOCKER}.distribution.manifest.v2+json`];
export const CONFIG_TYPES: readonly string[] = [`${OCI}.config.v1+json`, `${DOCKER}.container.image.v1+json`];
/** Layers that can be unpacked; how they are compressed is seen from what they begin with. */
export const LAYER_TYPES: readonly string[] = [
  `${OCI}.layer.v1.tar`,
  `${OCI}.layer.v1.tar+gzip`,
  `${OCI}.layer.v1.tar+zstd`,
  `${DOCKER}.image.rootfs.diff.tar`,
  `${DOCKER}.image.rootfs.diff.tar.gzip`,
  `${DOCKER}.image.rootfs.diff.tar.zstd`,
];
