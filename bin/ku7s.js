#!/usr/bin/env node
// Builds dist/ when a source is newer than it, then runs it.
import { buildIfNeeded } from '../scripts/build.mjs';

// graphql checks every value's class in the long way unless it is told so: a third of a query's time.
process.env.NODE_ENV ??= 'production';
await buildIfNeeded();
await import('../dist/main.js');
