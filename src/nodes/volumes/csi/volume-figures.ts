import type { Clock } from '../../../rules/clock.ts';
import type { FileSystemUsage } from '../../usage/node-usage.ts';
import type { NodeDriver } from './node-driver.ts';
import type { VolumeData } from './volume-data.ts';

/** How old figures may be, ms: the kubelet asks as often (volumeStatsAggPeriod). */
const FRESH_MS = 60_000;
/** How long a driver may take, ms. */
const ASK_MS = 10_000;
/** Volumes whose figures are kept: more than a node has pods for. */
const MAX_KEPT = 2000;

/** What the volumes of CSI drivers have and use, asked of the drivers now and then. */
export class VolumeFigures {
  private readonly known = new Map<string, { at: number; figures: Promise<FileSystemUsage | undefined> }>();

  /** @param driver throws for one that is away */
  constructor(
    private readonly clock: Clock,
    private readonly driver: (name: string) => NodeDriver,
  ) {}

  /** undefined where the driver is away, or does not know (GET_VOLUME_STATS). */
  of(data: VolumeData): Promise<FileSystemUsage | undefined> {
    const now = this.clock.now();
    const key = `${data.driver} ${data.target}`;
    const before = this.known.get(key);
    if (before && now - before.at < FRESH_MS) return before.figures;
    if (this.known.size >= MAX_KEPT) this.known.clear();
    const figures = this.ask(data).catch(() => undefined);
    this.known.set(key, { at: now, figures });
    return figures;
  }

  private async ask({ driver, handle, target, staging }: VolumeData): Promise<FileSystemUsage | undefined> {
    const { client, can } = this.driver(driver);
    if (!can.has('GET_VOLUME_STATS')) return undefined;
    const request = { volume_id: handle, volume_path: target, staging_target_path: staging };
    const { usage } = await client.call('csi.v1.Node/NodeGetVolumeStats', request, ASK_MS);
    const bytes = usage.find(({ unit }) => unit === 'BYTES');
    const inodes = usage.find(({ unit }) => unit === 'INODES');
    if (!bytes) return undefined;
    return {
      capacityBytes: bytes.total,
      availableBytes: bytes.available,
      usedBytes: bytes.used,
      inodes: inodes?.total ?? 0,
      inodesFree: inodes?.available ?? 0,
    };
  }
}
