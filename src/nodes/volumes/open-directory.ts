import { chmod, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a directory, and those above it that are missing, for others to enter, whatever this process's umask is: what
 * containers are shown has the modes that Kubernetes gives it, and is closed to the host by the folder that it stands in.
 */
export async function makeOpenDirectory(path: string, mode = 0o755): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; ; made = dirname(made)) {
    await chmod(made, mode);
    if (made === first || made === dirname(made)) return;
  }
}
