#!/usr/bin/env node
// Builds dist/ when a source is newer than it, then runs it.
import { buildIfNeeded } from '../scripts/build.mjs';

await buildIfNeeded();
await import('../dist/main.js');
