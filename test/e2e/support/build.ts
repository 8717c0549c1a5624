import { buildIfNeeded } from '../../../scripts/build.mjs';

/** The end-to-end tests run the bundle, as users do. */
export default async function setup(): Promise<void> {
  await buildIfNeeded();
}
