import type { ContainerImage } from '../../../schema/types.ts';
import type { Clock } from '../../rules/clock.ts';
import { parseReference } from './image-reference.ts';
import type { Image, ImageService } from './image-service.ts';

/** How often images are looked through, ms, and the thresholds: the kubelet's defaults. */
const PERIOD_MS = 5 * 60_000;
const HIGH_PERCENT = 85;
const LOW_PERCENT = 80;
const MIN_AGE_MS = 2 * 60_000;
/** What a Node says of its images at most. */
const MAX_IMAGES = 50;
const MAX_NAMES = 5;

export interface CollectorParts {
  service: ImageService;
  clock: Clock;
  log(message: string, fields?: Record<string, unknown>): void;
  /** a Warning about the node */
  warn(reason: string, message: string): void;
  /** images, by name, digest or id, that containers and volumes of the node's pods have or ask for */
  inUse(): Iterable<string>;
  /** called with the ids that are left after some were removed */
  kept?(ids: ReadonlySet<string>): void;
}

/** When an image was seen first, and used last, ms since the epoch. */
interface Sight {
  first: number;
  used: number;
}

/**
 * Removes images that nothing uses when their file system fills: from the high threshold down to the low one, those that
 * were not used for longest first, and none that came just now. Source: the kubelet's image_gc_manager.
 */
export class ImageCollector {
  private readonly seen = new Map<string, Sight>();
  private timer: unknown;

  constructor(private readonly parts: CollectorParts) {}

  start(): void {
    const { clock } = this.parts;
    const run = (): void => {
      const failed = (error: Error): void => this.parts.log('images were not collected', { error: error.message });
      void this.collect()
        .catch(failed)
        .then(() => (this.timer = clock.setTimeout(run, PERIOD_MS)));
    };
    run();
  }

  stop(): void {
    this.parts.clock.clearTimeout(this.timer);
  }

  /** Once, as the thresholds say. @throws Error when not enough could be removed */
  async collect(): Promise<void> {
    const { service, warn } = this.parts;
    const candidates = await this.unused();
    const { capacityBytes: capacity, availableBytes } = await service.usage();
    if (capacity === 0) return;
    const available = Math.min(availableBytes, capacity);
    const percent = 100 - Math.floor((available * 100) / capacity);
    if (percent < HIGH_PERCENT) return;
    const wanted = Math.floor((capacity * (100 - LOW_PERCENT)) / 100) - available;
    const freed = await this.free(candidates, wanted);
    if (freed >= wanted) return;
    const message =
      `Insufficient free disk space on the node's image filesystem (${percent}% of ${formatSize(capacity)} used). ` +
      `Failed to free sufficient space by deleting unused images (freed ${freed} bytes). ` +
      'Investigate disk usage, as it could be used by active images, logs, volumes, or other data.';
    warn('FreeDiskSpaceFailed', message);
    throw new Error(message);
  }

  /** All that nothing uses, as when the node is short of disk. @returns bytes that they had */
  async deleteUnused(): Promise<number> {
    return this.free(await this.unused(), Infinity);
  }

  /** As the Node's status has them: the largest. */
  async forStatus(): Promise<ContainerImage[]> {
    const images = await this.parts.service.list();
    return images
      .sort((a, b) => b.size - a.size)
      .slice(0, MAX_IMAGES)
      .map(({ repoDigests, repoTags, size }) => ({
        names: [...repoDigests, ...repoTags].slice(0, MAX_NAMES),
        sizeBytes: size,
      }));
  }

  /** Those that may go, the one that was not used for longest first. */
  private async unused(): Promise<(Image & Sight)[]> {
    const now = this.parts.clock.now();
    const images = await this.parts.service.list();
    const used = new Set<string>();
    for (const name of this.parts.inUse()) {
      const parsed = parseReference(name);
      used.add(name).add(typeof parsed === 'string' ? name : parsed.name);
    }
    const candidates: (Image & Sight)[] = [];
    for (const image of images) {
      const sight = this.seen.get(image.id) ?? { first: now, used: 0 };
      this.seen.set(image.id, sight);
      if ([image.id, ...image.repoTags, ...image.repoDigests].some((name) => used.has(name))) sight.used = now;
      else if (!image.pinned) candidates.push({ ...image, ...sight });
    }
    const ids = new Set(images.map(({ id }) => id));
    for (const id of this.seen.keys()) if (!ids.has(id)) this.seen.delete(id);
    return candidates.sort((a, b) => a.used - b.used || a.first - b.first);
  }

  private async free(candidates: readonly (Image & Sight)[], wanted: number): Promise<number> {
    const { service, clock, log } = this.parts;
    const now = clock.now();
    let freed = 0;
    for (const { id, size, first } of candidates) {
      if (freed >= wanted) break;
      if (now - first < MIN_AGE_MS) continue;
      await service.remove(id);
      log('an image was removed to make room', { image: id, bytes: size });
      this.seen.delete(id);
      freed += size;
    }
    if (freed > 0) this.parts.kept?.(new Set((await service.list()).map(({ id }) => id)));
    return freed;
  }
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
function formatSize(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${power ? (bytes / 2 ** (10 * power)).toFixed(1) : bytes} ${UNITS[power]}`;
}
