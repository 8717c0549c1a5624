/** apiserver.config.k8s.io/v1 */
export interface EncryptionConfiguration {
  resources?: ResourceConfiguration[] | null;
}
export interface ResourceConfiguration {
  resources?: string[] | null;
  providers?: ProviderConfiguration[] | null;
}
/** One of them. */
export interface ProviderConfiguration {
  aesgcm?: KeysConfiguration | null;
  aescbc?: KeysConfiguration | null;
  secretbox?: KeysConfiguration | null;
  identity?: object | null;
  kms?: KmsConfiguration | null;
}
export interface KeysConfiguration {
  keys?: EncryptionKey[] | null;
}
export interface EncryptionKey {
  name?: string;
  /** base64 */
  secret?: string;
}
export interface KmsConfiguration {
  /** v1 when absent */
  apiVersion?: string;
  name?: string;
  cachesize?: number;
  /** `unix:///run/kms.sock` */
  endpoint?: string;
  /** of a call; 3s when absent */
  timeout?: string;
}
