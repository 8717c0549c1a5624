#!/usr/bin/env node
// Runs dist/; beside the sources it is built first, when one of them is newer.
import { existsSync } from 'node:fs';

// graphql checks every value's class in the long way unless it is told so: a third of a query's time.
process.env.NODE_ENV ??= 'production';
if (existsSync(new URL('../src', import.meta.url))) {
  const { buildIfNeeded } = await import('../scripts/build.mjs');
  await buildIfNeeded();
}
await import('../dist/main.js');
