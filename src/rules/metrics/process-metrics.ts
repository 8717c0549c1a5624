import { readdirSync, readFileSync } from 'node:fs';
import { PROCESS } from './families.ts';
import { linesOf, metricsOf } from './metrics.ts';

/** What the process is now, as lines of an exposition. */
export function processLines(): string[] {
  const metrics = metricsOf(PROCESS);
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  const [major = '', minor = '', patch = ''] = process.versions.node.split('.');
  metrics.cpu.of().set((user + system) / 1e6);
  metrics.resident.of().set(rss);
  metrics.start.of().set(Math.round(Date.now() / 1000 - process.uptime()));
  metrics.heapUsed.of().set(heapUsed);
  metrics.heapTotal.of().set(heapTotal);
  metrics.external.of().set(external);
  metrics.version.of(process.version, major, minor, patch).set(1);
  try {
    metrics.files.of().set(readdirSync('/proc/self/fd').length);
    const pages = Number(readFileSync('/proc/self/statm', 'utf8').split(' ', 1)[0]);
    metrics.virtual.of().set(pages * PAGE);
  } catch {
    // a machine without /proc
  }
  return linesOf(metrics);
}

/** bytes; of Linux on all machines that Node.js is made for, nearly */
const PAGE = 4096;
