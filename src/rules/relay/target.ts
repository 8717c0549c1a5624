/** Where a connection goes. */
export interface Target {
  /** IPv4 */
  address: string;
  port: number;
}
