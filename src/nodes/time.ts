/** metav1.Time: RFC 3339 in whole seconds. */
export const timestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** A duration as Go prints it: `10s`, `1m20s`, `5m0s`, `500ms`. */
export function goDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  const seconds = Math.round(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60] as const;
  if (parts[0]) return `${parts[0]}h${parts[1]}m${parts[2]}s`;
  return parts[1] ? `${parts[1]}m${parts[2]}s` : `${parts[2]}s`;
}
