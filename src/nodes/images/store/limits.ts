/** What one layer may grow to when it is unpacked. */
export interface UnpackLimits {
  /** bytes of the archive when it is decompressed */
  bytes: number;
  /** files, directories and links */
  entries: number;
  /** bytes for each compressed byte, once there are more than `freely` */
  ratio: number;
  freely: number;
}

export const LIMITS: UnpackLimits = { bytes: 20 * 2 ** 30, entries: 500_000, ratio: 200, freely: 128 * 2 ** 20 };
