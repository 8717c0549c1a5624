/**
 * A command that may look into all that belongs to this process's user. Root may anyway; another user is root of a user
 * namespace in which nobody else exists, so that modes keep him out of nothing of his own. What containers write there is
 * his, and they may have taken all rights from it.
 */
export const asOwner = (program: string, args: readonly string[]): [program: string, args: string[]] =>
  process.getuid?.() === 0 ? [program, [...args]] : ['unshare', ['--user', '--map-root-user', program, ...args]];
