/** Where a server is, how it proves itself, and who we are to it, as a kubeconfig says. */
export interface Endpoint {
  /** URL: `https://127.0.0.1:6443`; a webhook's with its path */
  server: string;
  /** PEM */
  ca?: string | undefined;
  insecure: boolean;
  /** name to verify and to send as SNI, where it is not the host of `server` */
  serverName?: string | undefined;
  /** PEM of a client's certificate, and of its key */
  certificate?: string | undefined;
  key?: string | undefined;
  token?: string | undefined;
}
